"""Which form the predictions of a task are kept in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from painter_kit.evaluation.kept.base import Kept, claim
from painter_kit.evaluation.kept.panoptic import INSTANCES, PanopticFiles
from painter_kit.evaluation.kept.pictures import (
    PaintedFiles,
    PngFiles,
    Write,
    write_depth_png,
    write_label_png,
    write_mask_png,
    write_rendered_png,
    write_restored_png,
)
from painter_kit.evaluation.kept.results import ResultFiles, instance_entries, keypoint_entries
from painter_kit.evaluation.kept.sidd import BlockArray, is_block
from painter_kit.tasks.restoration import RESTORATIONS
from painter_kit.types import Example, Painted, Spec

_PNGS: dict[str, Write] = {
    "depth": write_depth_png,
    "semantic": write_label_png,
    "coco-semantic": write_label_png,
    "foreground": write_mask_png,
    **dict.fromkeys(RESTORATIONS, write_restored_png),
}


class Several:
    """The same predictions kept in several forms."""

    def __init__(self, forms: Sequence[Kept]) -> None:
        self.forms = forms

    def has(self, name: str) -> bool:
        """Whether every form has it."""
        return all(form.has(name) for form in self.forms)

    def keep(self, example: Example, painted: Painted, prediction: Any, spec: Spec[Any]) -> None:
        """Keep it in every form."""
        for form in self.forms:
            form.keep(example, painted, prediction, spec)

    def finish(self, names: Sequence[str]) -> list[Path]:
        """What every form returns, in order."""
        return [path for form in self.forms for path in form.finish(names)]


def open_kept(
    spec: Spec[Any],
    folder: Path,
    names: Sequence[str],
    about: Mapping[str, str],
    painted: bool = False,
) -> Kept:
    """What keeps the predictions of ``names`` in ``folder``, in the form of the task.

    ``about`` says what they are of (prompt, model, protocol); with ``painted`` the painted
    pictures are kept as well, in ``folder/painted``. Raises ``InputError`` when the folder holds
    predictions of something else.
    """
    claim(folder, about)
    form = _form(spec, folder, names)
    return Several([form, PaintedFiles(folder / "painted")]) if painted else form


def _form(spec: Spec[Any], folder: Path, names: Sequence[str]) -> Kept:
    if spec.task == "panoptic":
        return PanopticFiles(folder)
    if spec.task == "instance":
        return ResultFiles(folder, INSTANCES, instance_entries)
    if spec.task == "keypoint":
        return ResultFiles(folder, "keypoints.json", keypoint_entries)
    if spec.data == "sidd" and all(map(is_block, names)):
        return BlockArray(folder, names)
    flat = spec.task == "depth"
    return PngFiles(folder / "pictures", _PNGS.get(spec.task, write_rendered_png), flat)
