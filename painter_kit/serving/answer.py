"""What a served prompt answers: the painted picture, and the decoded result as plain data."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from painter_kit.data.pictures import image_of, png_bytes
from painter_kit.errors import InputError
from painter_kit.evaluation.decoded import Form, decoded_forms
from painter_kit.evaluation.painted import painted_pictures
from painter_kit.evaluation.painting import paint_examples
from painter_kit.inference.predictor import Predictor
from painter_kit.model.checkpoint import load_painter
from painter_kit.serving.folder import Served, read_folder
from painter_kit.tasks.base import decode_example, get_task
from painter_kit.types import Example, Image, Painted

BATCH = 8


class Answerer:
    """Paints pictures under one prompt; pictures travel as base64 of PNG or JPEG files."""

    def __init__(self, served: Served, device: str = "cpu") -> None:
        """Load the weights. Raises ``InputError`` when they are not those that were exported."""
        self.served, self.task = served, get_task(served.prompt.task)
        model = load_painter(served.checkpoint, device)
        self.predictor = Predictor(model, BATCH, served.precision)
        if self.predictor.model_digest != served.model_digest:
            raise InputError(
                f"the weights {served.checkpoint} are not those that the prompt was exported "
                "with; put these back, or export it again"
            )

    @classmethod
    def load(cls, folder: Path, device: str = "cpu") -> Answerer:
        """From a folder that ``write_folder`` wrote."""
        return cls(read_folder(folder), device)

    def answer(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        """One answer for every picture, in order.

        Each has ``task``, ``painted`` (base64 of a PNG of the picture's size; of every part for a
        task with parts) and what ``decoded_forms`` names, pictures as base64 of PNG. Raises
        ``InputError``, saying which, for what is no picture.
        """
        images = [picture_of(text, number) for number, text in enumerate(texts)]
        examples = [Example(str(i), str(i), image, {}) for i, image in enumerate(images)]
        painting = self.predictor.pictures, self.predictor.batch_size
        painted = paint_examples(
            self.task, self.served.spec, self.served.prompt, examples, *painting
        )
        return [self._told(example, output) for example, output in painted]

    def _told(self, example: Example, output: Painted) -> dict[str, Any]:
        task, spec = self.task, self.served.spec
        prediction = decode_example(task, spec, output, example)
        size = example.image.shape[0], example.image.shape[1]
        pictures = painted_pictures(task, spec, example, output)
        # Where only crops of the picture are painted, what was decoded of them is the picture.
        shown: Mapping[str, Image] = pictures or {"painted": task.render(prediction, spec)}
        forms = decoded_forms(task, spec, prediction, size)
        return {
            "task": task.name,
            **{name: _plain(form) for name, form in (*shown.items(), *forms.items())},
        }


def picture_of(text: str, number: int) -> Image:
    """uint8 (H, W, 3) of a base64 text, with or without ``data:image/...;base64,`` before it.

    Raises ``InputError`` naming the ``number`` of the picture when it is none.
    """
    _, _, body = text.rpartition(",")
    try:
        contents = base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise InputError(f"picture {number}: must be base64 of a PNG or JPEG file") from None
    return image_of(contents, f"picture {number}")


def _plain(form: Form) -> Any:
    if isinstance(form, np.ndarray):
        return base64.b64encode(png_bytes(form)).decode("ascii")
    return form
