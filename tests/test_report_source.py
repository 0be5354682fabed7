from dataclasses import replace
from pathlib import Path

import pytest

from painter_kit.data.specs import with_canvas
from painter_kit.errors import InputError
from painter_kit.evaluation.evaluate import primary
from painter_kit.evaluation.store import Store
from painter_kit.inference.parted import load_prompt
from painter_kit.report.source import (
    Access,
    canvas_of,
    measured_examples,
    measured_on,
    numerics_of,
    open_source,
    store_folder,
)
from tests import report_toys

made = report_toys.made


@pytest.mark.parametrize(
    ("name", "folder", "split"),
    [
        ("search", "prompt", "confirm"),
        ("tuned", "learned", "confirm"),
        ("one", "prompts/depth", "test"),
        ("other", "prompts/depth", "test"),
    ],
)
def test_records_are_those_of_the_result(
    made: report_toys.Made, name: str, folder: str, split: str
):
    run = made.run(name)
    row = run.rows[0]
    assert measured_on(run, row)[0] == split
    with Store(store_folder(run, made.access)) as store:
        source = open_source(run, row, made.access, store)
        prompt, examples = load_prompt(run.path / folder), measured_examples(source, run, row)
        records = source.records(prompt, examples)
        assert records is not None
        value = primary(source.task, prompt.effective(source.spec), records)
        known = row["winner"]["confirm"] if "winner" in row else row["metrics"]["rmse"]["value"]
        assert value == known
        assert source.records(prompt, source.examples("pool")) is None
        with pytest.raises(RuntimeError, match="paints nothing"):
            source.paint(prompt, [], source.spec)  # pyright: ignore


def test_spec_is_that_of_the_run(made: report_toys.Made):
    run = made.run("search")
    with Store(made.folder / "store") as store:
        source = open_source(run, run.rows[0], made.access, store)
        assert load_prompt(run.path / "prompt").spec_digest == source.spec.digest
        changed = replace(run, settings={**run.settings, "protocol": ["max_m=5", "other=1"]})
        assert open_source(changed, run.rows[0], made.access, store).spec == replace(
            source.spec, protocol=replace(source.spec.protocol, max_m=5.0)
        )
        assert with_canvas(source.spec, 32) == source.spec


def test_the_store_is_where_the_search_noted_it(made: report_toys.Made, tmp_path: Path):
    run = made.run("search")
    assert store_folder(run, Access()) == made.folder / "store"
    with pytest.raises(InputError, match="give --store"):
        store_folder(run, Access(store=tmp_path))


def test_weights_that_are_gone_or_others(made: report_toys.Made, tmp_path: Path):
    with pytest.raises(InputError, match="give --checkpoint"):
        canvas_of(str(tmp_path / "gone.safetensors"))
    run = made.run("search")
    row = {**run.rows[0], "model_digest": "0" * 64}
    repaint = replace(made.access, repaint=True)
    with Store(made.folder / "store") as store, pytest.raises(InputError, match="other weights"):
        open_source(run, row, repaint, store)


def test_numerics_are_those_of_the_predictor():
    from painter_kit.inference.predictor import Predictor
    from tests.cli_toys import TINY

    predictor = Predictor(TINY.build(), 4, "bf16")
    assert predictor.numerics in numerics_of("bf16")
    assert predictor.numerics not in numerics_of("fp32")
    typed = replace(TINY, type_tokens=True).build()
    predictor = Predictor(typed, 4, segment_type="semantic")
    assert predictor.numerics in numerics_of("fp32", "semantic", True)
    assert predictor.numerics not in numerics_of("fp32", "instance", True)
