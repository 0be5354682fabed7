from dataclasses import replace

import numpy as np
import pytest

from painter_kit.evaluation.store import Store
from painter_kit.inference.parted import load_prompt
from painter_kit.report.document import Chart, Section, Sheet, Text
from painter_kit.report.gallery import Gallery, Shown, alone, pair_pictures, worst_first
from painter_kit.report.paintings import Paintings
from painter_kit.report.source import measured_examples, open_source
from tests import report_toys

made = report_toys.made


def sections(made: report_toys.Made, repaint: bool, records: bool = True) -> list[Section]:
    run = made.run("other")
    prompt = load_prompt(run.path / "prompts" / "depth")
    access = replace(made.access, repaint=repaint)
    with Store(made.folder / "store") as store:
        source = open_source(run, run.rows[0], access, store)
        examples = measured_examples(source, run, run.rows[0])
        known = source.records(prompt, examples) if records else None
        paintings = Paintings(source, repaint)
        gallery = Gallery(source, paintings, examples, "test", [Shown("random", prompt, known)])
        return gallery.sections(2, 1)


def sheet(section: Section) -> Sheet:
    (found,) = (block for block in section.blocks if isinstance(block, Sheet))
    return found


def test_pictures_with_what_is_known_of_them(made: report_toys.Made):
    first, worst = sections(made, repaint=True)
    assert (first.title, worst.title) == ("Queries", "Worst queries")
    assert [len(card.pictures) for card in sheet(first).cards] == [4, 4]
    labels = [picture.label for picture in sheet(first).cards[0].pictures]
    assert labels[:3] == ["query", "truth", "random"]
    assert labels[3].startswith("mean ")
    assert any(isinstance(block, Chart) for block in first.blocks)  # the scale of errors
    rows = {line["id"]: line for line in _per_image(made)}
    for card in [*sheet(first).cards, *sheet(worst).cards]:
        assert card.note == f"random rmse {float(rows[card.title]['rmse']):.4g} m"
    least = max(rows.values(), key=lambda row: float(row["rmse"]))
    assert sheet(worst).cards[0].title == least["id"]


def _per_image(made: report_toys.Made) -> list[dict[str, str]]:
    from painter_kit.report.runs import read_table

    return read_table(made.folder / "other" / "per_image" / "depth.csv")


def test_missing_outputs_are_said(made: report_toys.Made):
    run = made.run("one")
    with Store(made.folder / "store") as store:
        source = open_source(run, run.rows[0], made.access, store)
        examples = measured_examples(source, run, run.rows[0])
        prompt = load_prompt(run.path / "prompts" / "depth")
        picture = prompt.pair.image ^ np.uint8(255)  # a prompt that nothing was painted under
        strange = replace(prompt, pair=replace(prompt.pair, image=picture))
        shown = [Shown("strange", strange, None)]
        first, worst = Gallery(source, Paintings(source, False), examples, "test", shown).sections(
            1, 1
        )
    assert "--repaint" in next(block.text for block in first.blocks if isinstance(block, Text))
    assert [p.label for p in sheet(first).cards[0].pictures] == ["query", "truth"]
    assert sheet(first).cards[0].note == ""
    (said,) = worst.blocks
    assert isinstance(said, Text)
    assert "lacks Records" in said.text


def test_order_is_that_of_the_score(made: report_toys.Made):
    run = made.run("other")
    with Store(made.folder / "store") as store:
        source = open_source(run, run.rows[0], made.access, store)
        examples = measured_examples(source, run, run.rows[0])
        prompt = load_prompt(run.path / "prompts" / "depth")
        records = source.records(prompt, examples)
    assert records is not None
    order = worst_first(source, records)
    one = Shown("random", prompt, records)
    values = [alone(source, one, place) for place in order]
    assert values == sorted(values, reverse=True)  # pyright: ignore
    nothing = [replace(r, values=np.zeros_like(r.values)) for r in records]
    assert alone(source, replace(one, records=nothing), 0) is None


@pytest.mark.parametrize("parts", [1, 2])
def test_pairs_of_a_prompt(made: report_toys.Made, parts: int):
    from painter_kit.inference.parted import PartedPrompt

    prompt = load_prompt(made.folder / "search" / "prompt")
    given = prompt
    if parts == 2:
        named = {n: replace(prompt, task=n) for n in ("semantic", "instance")}  # pyright: ignore
        given = PartedPrompt(named, "panoptic")
    labels = [picture.label for picture in pair_pictures(given, "x")]
    assert len(labels) == 2 * parts
    assert ("input (semantic)" in labels) == (parts == 2)
