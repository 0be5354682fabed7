"""Finished cells are known by their settings; another training is not taken for them."""

import json
from pathlib import Path

import pytest

from benchmarks.ablations.results import CARD, all_finished, finished
from benchmarks.ablations.variants import cells
from painter_kit.config import dump_config
from painter_kit.errors import InputError
from painter_kit.training.continuation import CONFIG_FILE
from painter_kit.training.state import STATE_FILE
from tests.ablation_cards import write_card

CHOSEN = list(cells(["base"]))
CELL = CHOSEN[0]


def change(out: Path, **values) -> Path:
    path = out / CELL.folder / CARD
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))
    return path


def begin(out: Path, text: str) -> Path:
    folder = out / CELL.folder
    folder.mkdir()
    (folder / STATE_FILE).touch()
    (folder / CONFIG_FILE).write_text(text)
    return folder


def test_what_there_is_keeps_its_order(tmp_path: Path):
    assert all_finished(CHOSEN, tmp_path) == []
    for cell in (CHOSEN[2], CHOSEN[0]):
        write_card(cell, tmp_path)
    assert [r.cell for r in all_finished(CHOSEN, tmp_path)] == [CHOSEN[0], CHOSEN[2]]
    assert finished(CHOSEN[1], tmp_path) is None


def test_other_settings_are_not_taken_for_these(tmp_path: Path):
    write_card(CELL, tmp_path)
    (other,) = cells(["base"], seeds=1, sets=["iterations=7"])
    with pytest.raises(InputError) as error:
        finished(other, tmp_path)
    assert str(error.value).startswith(f"{tmp_path / CELL.folder}: trained with other settings")
    assert "(iterations=125, not 7)" in str(error.value)


def test_settings_count_and_not_their_text(tmp_path: Path):
    """A release that adds a setting does not make finished cells others."""
    write_card(CELL, tmp_path)
    recipe = dump_config(CELL.settings())
    assert "system_metrics: false\n" in recipe
    change(tmp_path, recipe=recipe.replace("system_metrics: false\n", "") + "# older\n")
    assert finished(CELL, tmp_path) is not None
    path = change(tmp_path, recipe="colour: red\n")
    with pytest.raises(InputError, match=f"{path}: unknown key colour"):
        finished(CELL, tmp_path)


@pytest.mark.parametrize(
    "values",
    [
        {"recipe": None},
        {"recipe": "seed: ["},
        {"validation": None},
        {"validation": {}},
        {"validation": {"tasks": []}},
    ],
)
def test_a_card_that_is_none_is_named(tmp_path: Path, values: dict):
    write_card(CELL, tmp_path)
    change(tmp_path, **values)
    with pytest.raises(InputError, match=rf"{CARD}: .*"):
        finished(CELL, tmp_path)


def test_a_cut_card_is_named_with_what_to_do(tmp_path: Path):
    write_card(CELL, tmp_path)
    path = tmp_path / CELL.folder / CARD
    path.write_text(path.read_text()[:40])
    with pytest.raises(InputError, match=r"not the card .*; remove .*base-seed0 to train it again"):
        finished(CELL, tmp_path)


def test_a_half_trained_cell_of_another_recipe_is_named(tmp_path: Path):
    """Even of a recipe that ``--resume`` would take: lengths have to be equal here."""
    (other,) = cells(["base"], seeds=1, sets=["iterations=320"])
    folder = begin(tmp_path, dump_config(other.settings()))
    with pytest.raises(InputError, match=rf"{folder}: trained with .*iterations=320, not 125"):
        finished(CELL, tmp_path)
    (folder / CONFIG_FILE).write_text(dump_config(CELL.settings()))
    assert finished(CELL, tmp_path) is None
