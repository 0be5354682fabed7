"""What training never showed, by painters that know the truth or nothing."""

from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.abilities.ask import Ability
from benchmarks.abilities.contrast import Contrast
from benchmarks.abilities.unseen import (
    NEW_TASKS,
    OTHERS,
    SCENES,
    _new_abilities,
    _on_unseen,
    _prompts_of,
    answers,
    contrasts,
)
from painter_kit.data.world.specs import SEEN_CLASSES
from painter_kit.inference.prompt import Prompt

SIDE = SimpleNamespace(canvas=64)
NEW = {a.kind: a for a in _new_abilities(SIDE, 4, 2, 0)}  # pyright: ignore
UNSEEN = {a.kind: a for a in _on_unseen(SIDE, SCENES, 4, 2, 0)}  # pyright: ignore


def painter(abilities: dict[str, Ability], blind: str = ""):
    """Paints the truth of the ability whose prompt it is given, or always that of ``blind``."""
    known = {p.digest: (a, p) for a in abilities.values() for p in a.prompts}

    def pictures(prompt: Prompt, images, spec=None) -> np.ndarray:
        asked, own = known.get(prompt.digest, (None, prompt))
        if blind:
            asked, own = abilities[blind], abilities[blind].prompts[0]
        if asked is None:
            return np.zeros((len(images), 64, 64, 3), np.float32)
        coded = own.effective(asked.spec)
        targets = [asked.task.encode(e.truth, coded, (64, 64)) for e in asked.examples]
        return np.stack(targets).astype(np.float32) / 255 + 0.001

    return SimpleNamespace(canvas=64, pictures=pictures)


def rows_of(paint, abilities: dict[str, Ability], others: dict) -> list[Contrast]:
    asked = list(abilities.values())
    found = answers(paint, asked, others)
    return [row for a, records in zip(asked, found, strict=True) for row in contrasts(a, records)]


def test_new_tasks_have_the_truth_that_their_names_say():
    source = NEW["grey"].examples[0].image
    inverted = NEW["invert"].examples[0].truth["clean"]
    np.testing.assert_array_equal(inverted, 255 - source)
    grey = NEW["grey"].examples[0].truth["clean"]
    assert np.all(grey[..., 0] == grey[..., 2])
    luminance = (source @ np.array([0.299, 0.587, 0.114])).mean()
    assert float(grey.mean()) == pytest.approx(float(luminance), abs=0.6)
    masks = [e.truth["mask"] for e in NEW["ring alone"].examples]
    assert all(set(np.unique(mask)) <= {0, 1} for mask in masks)


def test_prompts_of_new_tasks_show_a_ring():
    assert "ring" in SEEN_CLASSES
    for prompt in NEW["ring alone"].prompts:
        colours = {tuple(c) for c in prompt.pair.target.reshape(-1, 3).tolist()}
        assert colours == set(prompt.pair.coding.palette)


def test_nothing_unseen_was_trained_on():
    for ability in UNSEEN.values():
        assert ability.spec.data == "world-unseen"
        assert all(p.provenance["data"] == "world-unseen" for p in ability.prompts)
    labels = np.concatenate([e.truth["labels"].ravel() for e in UNSEEN["semantic"].examples])
    assert labels.max() >= len(SEEN_CLASSES)
    assert not set(range(2, len(SEEN_CLASSES))) & set(np.unique(labels).tolist())


def test_who_obeys_the_prompt_gains_by_it():
    rows = rows_of(painter(NEW), NEW, {})
    assert [row.against.split()[0] for row in rows] == ["blank", "best"] * len(NEW_TASKS)
    for row in rows:
        assert row.gain.value > 0.4, row.ability
    assert rows[0].right.value > 59
    for row in rows:
        assert row.no_model is not None
        assert row.no_model.gain.value > 0.4, row.ability


def test_who_ignores_the_prompt_gains_nothing():
    rows = rows_of(painter(NEW, "grey"), NEW, {})
    assert all(row.gain.value == pytest.approx(0, abs=1e-9) for row in rows)
    assert rows[2].right.value > 59  # right by chance, for every prompt


def test_known_tasks_are_asked_on_unseen_categories():
    others = _prompts_of(SIDE, "world-unseen", 2, 0)  # pyright: ignore
    assert tuple(others) == OTHERS
    rows = rows_of(painter(UNSEEN), UNSEEN, others)
    assert [row.ability for row in rows[::2]] == [f"{t}, unseen categories" for t in SCENES]
    for row in rows:
        assert row.gain.value > 0.3, row.ability
