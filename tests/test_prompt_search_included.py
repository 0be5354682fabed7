from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from painter_kit.errors import InputError
from painter_kit.inference.parted import PartedPrompt
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import make_pair
from painter_kit.types import Coding, Pair
from prompt_search.included import as_candidates, check_included, of_part
from prompt_search.variants import edits_of
from tests.test_prompt_search_search import QUICK, decisions, search
from tests.toys import SPEC, TOY, ToyPainter, make_example, toy_data


def prompt(seed: int = 0, **change) -> Prompt:
    pictures = np.random.default_rng(seed).integers(0, 256, (2, 6, 8, 3), dtype=np.uint8)
    made = Prompt(
        Pair(pictures[0], pictures[1], SPEC.coding),
        "toy",
        kind="learned",
        spec_digest=SPEC.digest,
        provenance={"tune": {"rate": 0.1}},
        confirm_touches=2,
    )
    return replace(made, **change)


def test_a_given_prompt_keeps_what_is_known_of_it():
    given = prompt()
    (made,) = as_candidates([given], TOY, SPEC, (), 0)
    assert made.name == made.group == f"included:{given.digest[:8]}"
    assert made.prompt.digest == given.digest
    assert (made.prompt.kind, made.prompt.confirm_touches) == ("learned", 2)
    assert made.prompt.provenance == {
        "tune": {"rate": 0.1},
        "candidate": made.name,
        "included": "learned",
    }


def test_its_edits_join_after_all_given_ones():
    given = [prompt(0), prompt(1)]
    made = as_candidates(given, TOY, SPEC, edits_of(1, True)[1:], 0)
    names = [f"included:{p.digest[:8]}" for p in given]
    edited = [f"{name}{edit}" for name in names for edit in ("+flip", "+crop1")]
    assert [m.name for m in made] == [*names, *edited]
    assert [m.group for m in made] == [*names, names[0], names[0], names[1], names[1]]
    flip = made[2].prompt
    np.testing.assert_array_equal(flip.pair.target, given[0].pair.target[:, ::-1])
    assert flip.provenance["parent"] == names[0]
    assert "box" in made[3].prompt.provenance


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"task": "depth"}, "is for depth, not for toy; give another"),
        ({"spec_digest": "other"}, "made under other conventions of toy than toys has at 2 pixels"),
        (
            {"spec_digest": "", "pair": replace(prompt().pair, coding=Coding(((1, 2, 3),)))},
            "other conventions",
        ),
    ],
)
def test_a_prompt_that_does_not_fit(change: dict, words: str):
    with pytest.raises(InputError, match=words):
        as_candidates([prompt(**change)], TOY, SPEC, (), 0)


def test_a_prompt_of_no_known_spec_fits_by_its_colours():
    check_included(prompt(spec_digest=""), TOY, SPEC)


def test_parts_come_from_prompts_of_parts():
    both = PartedPrompt({"one": prompt(0), "two": prompt(1)}, "toy-both")
    assert [p.digest for p in of_part([both], "two")] == [prompt(1).digest]
    assert of_part([prompt()], "")[0].digest == prompt().digest
    for given, part in ((prompt(), "one"), (both, ""), (both, "three")):
        with pytest.raises(InputError, match="cannot join the candidates of"):
            of_part([given], part)


def test_edits_and_a_given_prompt_take_part(tmp_path: Path):
    data, painter = toy_data(pool=12, select=16, confirm=10), ToyPainter(effect=1, noise=0)
    best = make_pair(TOY, SPEC, make_example("best", 255))
    given = Prompt(best, "toy", kind="learned", spec_digest=SPEC.digest, confirm_touches=3)
    config = replace(QUICK, crops=1, flips=True, strategy="exhaustive")
    result = search(tmp_path, data, painter, config, include=[given])
    count = (12 + 1) * 3 - result.dropped["a copy of another pair"]  # crops of whole pictures
    assert result.splits["pool"] == count
    assert result.exhaustive_forwards == count * 16
    # The given prompt is known to be the best: nothing else has its quality.
    assert result.winner.id == f"included:{given.digest[:8]}"
    assert (result.prompt.kind, result.prompt.confirm_touches) == ("searched", 4)
    assert result.prompt.provenance["included"] == "learned"
    names = result.trace.decisions[0]["panel"]
    assert all("+" not in name and "included" not in name for name in names)
    asked = sum(result.forwards[name] for name in ("panel", "select", "confirm"))
    assert result.forwards["new"] + result.forwards["reused"] == asked
    again = search(tmp_path, data, ToyPainter(effect=1, noise=0), config, include=[given])
    assert (again.forwards["new"], decisions(again)) == (0, decisions(result))


def test_the_first_ones_are_a_fair_sample_of_pairs_and_edits(tmp_path: Path):
    data = toy_data(pool=24, select=8, confirm=6)
    config = replace(QUICK, flips=True, strategy="random", k=24)
    result = search(tmp_path, data, ToyPainter(), config)
    panel = result.trace.decisions[0]["panel"]
    rows = [row for row in result.trace.candidates if row["images"] and row["id"] not in panel]
    edits = [row for row in rows if str(row["id"]).endswith("+flip")]
    assert 6 <= len(edits) <= 18
    assert result.splits["pool"] == 48
    assert "(random, best of 24 of 48)" in result.summary
