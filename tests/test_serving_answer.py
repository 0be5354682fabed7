"""What a served prompt answers."""

import base64
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from painter_kit.data.base import open_dataset
from painter_kit.data.pictures import png_bytes
from painter_kit.errors import InputError
from painter_kit.inference.parted import PartedPrompt
from painter_kit.inference.predictor import Predictor
from painter_kit.inference.prompt import Prompt
from painter_kit.model.checkpoint import load_painter, save_painter
from painter_kit.serving.answer import Answerer, picture_of
from painter_kit.serving.folder import serve_prompt
from painter_kit.tasks.base import get_task, make_pair, task_parts
from tests.cli_toys import TINY

WORLD = open_dataset("world")


def text_of(picture: np.ndarray) -> str:
    return base64.b64encode(png_bytes(picture)).decode()


def picture_in(text: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))))


@pytest.fixture
def weights(tmp_path: Path) -> str:
    save_painter(TINY.build(), replace(TINY), tmp_path / "tiny.safetensors")
    return str(tmp_path / "tiny.safetensors")


def prompt(task: str, index: int = 0) -> Prompt:
    examples = WORLD.examples(task, "test")
    return Prompt(
        make_pair(get_task(task), WORLD.spec(task), examples[index]), task, kind="searched"
    )


def spec_for(task: str, weights: str):
    from painter_kit.data.specs import with_canvas

    return with_canvas(WORLD.spec(task), load_painter(weights).canvas)


def test_the_answer_is_what_the_predictor_paints_and_the_task_decodes(weights: str):
    own, spec = prompt("depth"), spec_for("depth", weights)
    images = [np.random.default_rng(0).integers(0, 256, size, np.uint8)
              for size in ((40, 60, 3), (30, 30, 3))]  # fmt: skip
    answers = Answerer(serve_prompt(own, spec, weights)).answer([text_of(i) for i in images])
    painted = Predictor(load_painter(weights), 8).pictures(own, images, spec)
    for image, output, answer in zip(images, painted, answers, strict=True):
        assert list(answer) == ["task", "painted", "decoded"]
        assert picture_in(answer["painted"]).shape == image.shape
        metres = get_task("depth").decode(output, spec, image.shape[:2])
        np.testing.assert_allclose(picture_in(answer["decoded"]) / 1000, metres, atol=6e-4)


def test_a_prompt_of_parts_answers_with_pictures_of_both(weights: str):
    task, spec = get_task("panoptic"), spec_for("panoptic", weights)
    parts = {name: prompt(part.name) for name, part, _ in task_parts(task, spec)}
    served = serve_prompt(PartedPrompt(parts, "panoptic", kind="searched"), spec, weights)
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    (answer,) = Answerer(served).answer([text_of(image)])
    assert list(answer) == ["task", "painted_semantic", "painted_instance", "decoded", "segments"]
    assert picture_in(answer["decoded"]).shape == image.shape
    assert isinstance(answer["segments"]["segments_info"], list)


def test_other_weights_than_those_exported_are_refused(weights: str):
    served = serve_prompt(prompt("depth"), spec_for("depth", weights), weights)
    save_painter(TINY.build(), TINY, Path(weights))
    with pytest.raises(InputError, match="not those that the prompt was exported"):
        Answerer(served)


def test_pictures_come_with_or_without_a_prefix():
    picture = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    for before in ("", "data:image/png;base64,"):
        np.testing.assert_array_equal(picture_of(before + text_of(picture), 0), picture)


@pytest.mark.parametrize(
    ("text", "words"),
    [("no picture!", "picture 3: must be base64"), ("AAAA", "picture 3 cannot be read")],
)
def test_what_is_no_picture_is_named(text: str, words: str):
    with pytest.raises(InputError, match=words) as caught:
        picture_of(text, 3)
    assert "BytesIO" not in str(caught.value)
