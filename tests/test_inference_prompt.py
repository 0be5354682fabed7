"""A prompt as a folder: what is evaluated is what survives the PNG round trip."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from painter_kit.data.pictures import write_png
from painter_kit.errors import InputError
from painter_kit.inference.described import PROMPT_FILE
from painter_kit.inference.prompt import INPUT_FILE, TARGET_FILE, Prompt
from painter_kit.types import Coding, Pair

CODING = Coding(((1, 2, 3), (4, 5, 6)), ((9, 8, 7), (0, 0, 0)), (0.5, 4.0))


@pytest.fixture
def prompt() -> Prompt:
    rng = np.random.default_rng(0)
    image, target = rng.integers(0, 256, (2, 5, 7, 3), dtype=np.uint8)
    return Prompt(
        Pair(image, target, CODING),
        "depth",
        kind="searched",
        spec_digest="spec",
        model_digest="model",
        provenance={"candidate": "a/1"},
        scores={"select": {"value": 0.5}},
        confirm_touches=2,
    )


def test_round_trip(prompt: Prompt, tmp_path: Path):
    folder = tmp_path / "deep" / "prompt"
    prompt.save(folder)
    assert {p.name for p in folder.iterdir()} == {INPUT_FILE, TARGET_FILE, PROMPT_FILE}
    assert {p.name for p in folder.parent.iterdir()} == {"prompt"}
    found = Prompt.load(folder)
    np.testing.assert_array_equal(found.pair.image, prompt.pair.image)
    np.testing.assert_array_equal(found.pair.target, prompt.pair.target)
    assert found.pair.coding == CODING
    assert found.digest == prompt.digest
    for name in ("task", "kind", "spec_digest", "model_digest", "provenance", "scores"):
        assert getattr(found, name) == getattr(prompt, name)
    assert found.confirm_touches == 2
    assert json.loads((folder / PROMPT_FILE).read_text())["digest"] == prompt.digest


def test_digest_is_of_pixels_and_coding_alone(prompt: Prompt):
    assert replace(prompt, kind="given", scores={}, provenance={}).digest == prompt.digest
    assert prompt.with_scores({"x": 1}, 5).digest == prompt.digest
    image = prompt.pair.image.copy()
    image[0, 0, 0] ^= 1
    assert replace(prompt, pair=replace(prompt.pair, image=image)).digest != prompt.digest
    other = replace(prompt.pair, coding=Coding())
    assert replace(prompt, pair=other).digest != prompt.digest


def test_scores_are_kept_with_their_price(prompt: Prompt):
    scored = prompt.with_scores({"confirm": 1}, 3)
    assert (scored.scores, scored.confirm_touches) == ({"confirm": 1}, 3)
    assert prompt.confirm_touches == 2


def test_a_prompt_replaces_a_prompt(prompt: Prompt, tmp_path: Path):
    prompt.save(tmp_path / "p")
    replace(prompt, task="semantic").save(tmp_path / "p")
    assert Prompt.load(tmp_path / "p").task == "semantic"


def test_other_peoples_folders_are_left_alone(prompt: Prompt, tmp_path: Path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(InputError, match="not a prompt folder and not empty"):
        prompt.save(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


def test_unknown_kinds_are_refused(prompt: Prompt):
    with pytest.raises(ValueError, match="kind must be one of random, searched"):
        replace(prompt, kind="guessed")


def test_a_missing_folder_is_named(tmp_path: Path):
    with pytest.raises(InputError, match=r"nowhere: no such folder; expected one with input\.png"):
        Prompt.load(tmp_path / "nowhere")


@pytest.mark.parametrize("name", [INPUT_FILE, TARGET_FILE, PROMPT_FILE])
def test_a_missing_file_is_named(prompt: Prompt, tmp_path: Path, name: str):
    prompt.save(tmp_path / "p")
    (tmp_path / "p" / name).unlink()
    with pytest.raises(InputError, match=f"{name}(: no such file| does not exist)"):
        Prompt.load(tmp_path / "p")


@pytest.mark.parametrize("name", [INPUT_FILE, TARGET_FILE])
def test_a_broken_picture_is_named(prompt: Prompt, tmp_path: Path, name: str):
    prompt.save(tmp_path / "p")
    path = tmp_path / "p" / name
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(InputError, match=f"{name} cannot be read"):
        Prompt.load(tmp_path / "p")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda notes: "{", "not readable as JSON"),
        (lambda notes: "[]", "expected a JSON object"),
        (lambda notes: json.dumps({**notes, "kind": "guessed"}), "kind must be one of"),
        (lambda notes: json.dumps({**notes, "coding": {}}), "lacks 'palette'"),
        (lambda notes: json.dumps({k: v for k, v in notes.items() if k != "task"}), "lacks 'task'"),
        (lambda notes: json.dumps({**notes, "confirm_touches": "many"}), "invalid literal"),
    ],
)
def test_broken_notes_are_named(prompt: Prompt, tmp_path: Path, change, message: str):
    prompt.save(tmp_path / "p")
    path = tmp_path / "p" / PROMPT_FILE
    path.write_text(change(json.loads(path.read_text())))
    with pytest.raises(InputError, match=message):
        Prompt.load(tmp_path / "p")


def test_pictures_of_two_sizes_are_refused(prompt: Prompt, tmp_path: Path):
    prompt.save(tmp_path / "p")
    (tmp_path / "p" / INPUT_FILE).write_bytes((GOLDEN_PICTURE).read_bytes())
    with pytest.raises(InputError, match="must have equal sizes; make the prompt anew"):
        Prompt.load(tmp_path / "p")


GOLDEN_PICTURE = Path(__file__).parent / "golden" / "model" / "infer_query.png"


def test_pictures_or_coding_that_were_changed_are_refused(prompt: Prompt, tmp_path: Path):
    prompt.save(tmp_path / "p")
    other = prompt.pair.image.copy()
    other[0, 0, 0] ^= 1
    write_png(tmp_path / "p" / INPUT_FILE, other)
    with pytest.raises(InputError, match=r"damaged or edited; .* take the line of the digest out"):
        Prompt.load(tmp_path / "p")
    prompt.save(tmp_path / "p")
    path = tmp_path / "p" / PROMPT_FILE
    text = path.read_text()
    path.write_text(text.replace("4.0", "5.0", 1))
    with pytest.raises(InputError, match="damaged or edited"):
        Prompt.load(tmp_path / "p")
    notes = json.loads(path.read_text())
    del notes["digest"]
    path.write_text(json.dumps(notes))
    assert Prompt.load(tmp_path / "p").coding.span == (0.5, 5.0)
