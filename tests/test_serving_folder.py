"""The folder of a served prompt."""

import json
from pathlib import Path

import pytest

from painter_kit.data.base import open_dataset
from painter_kit.errors import InputError
from painter_kit.inference.prompt import Prompt
from painter_kit.model.checkpoint import save_painter
from painter_kit.serving.folder import (
    MODEL_FILE,
    WEIGHTS_FILE,
    read_folder,
    serve_prompt,
    write_folder,
)
from painter_kit.tasks.base import get_task, make_pair
from tests.cli_toys import TINY

WORLD, DEPTH = open_dataset("world-shifted"), get_task("depth")
SPEC = WORLD.spec("depth")


def prompt() -> Prompt:
    return Prompt(
        make_pair(DEPTH, SPEC, WORLD.examples("depth", "test")[0]), "depth", kind="searched"
    )


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    save_painter(TINY.build(), TINY, tmp_path / "tiny.safetensors")
    return tmp_path / "tiny.safetensors"


def test_weights_by_reference_are_named_where_they_are(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    served = serve_prompt(prompt(), SPEC, "tiny.safetensors")
    write_folder(served, tmp_path / "model", include_weights=False)
    again = read_folder(tmp_path / "model")
    assert again.checkpoint == str(weights)
    assert again.model_digest == served.model_digest
    assert again.prompt.digest == served.prompt.digest
    assert again.spec == SPEC
    assert not (tmp_path / "model" / WEIGHTS_FILE).exists()


def test_included_weights_move_with_the_folder(weights: Path, tmp_path: Path):
    write_folder(serve_prompt(prompt(), SPEC, str(weights)), tmp_path / "model", True)
    (tmp_path / "model").rename(tmp_path / "moved")
    weights.unlink()
    again = read_folder(tmp_path / "moved")
    assert serve_prompt(again.prompt, SPEC, again.checkpoint).model_digest == again.model_digest


def test_the_shipped_model_is_named_by_its_name():
    assert serve_prompt(prompt(), SPEC, "world-tiny").checkpoint == "world-tiny"


@pytest.mark.parametrize(
    ("change", "words"),
    [({"spec": None}, "lacks the spec"), ({"checkpoint": 3}, "checkpoint must be text")],
)
def test_a_broken_description_is_named(
    weights: Path, tmp_path: Path, change: dict[str, object], words: str
):
    write_folder(serve_prompt(prompt(), SPEC, str(weights)), tmp_path / "model", False)
    path = tmp_path / "model" / MODEL_FILE
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(InputError, match=words):
        read_folder(tmp_path / "model")
