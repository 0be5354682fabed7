"""Haze, blur, holes and lost colour written to disk, and what they do to pictures.

From ``photos/`` below the root, ``KIND/images/NAME.png`` and ``KIND/targets/NAME.png`` are made, as
``--data folder:DIR`` and other tools take pairs. Evaluation does not need them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from painter_kit.data.pictures import SUFFIXES, write_png
from painter_kit.data.prepare.base import Finding, Item, PrepareOptions, Step
from painter_kit.data.prepare.check import Files, pictures
from painter_kit.data.unseen import PHOTOS, UnseenData, open_unseen
from painter_kit.errors import MissingError
from painter_kit.metrics.restoration import psnr

_MEASURED = 96  # pictures of each source


def step(kind: str) -> Step:
    """The step that writes the pairs of a kind."""
    text = f"pairs of degraded and clean pictures of {PHOTOS}/"
    return Step("pairs", text, partial(_items, kind), lambda root, options: ())


def _items(kind: str, root: Path, options: PrepareOptions) -> Sequence[Item]:
    if not (root / PHOTOS).is_dir():
        raise MissingError(f"folder {root / PHOTOS} does not exist; put clean pictures there")
    data = open_unseen(kind, f"seed={options.seed}", root)
    examples = data.examples(data.tasks[0])
    items = []
    for index, name in enumerate(examples.ids):
        outputs = [root / kind / part / f"{name}.png" for part in ("images", "targets")]
        items.append(Item(outputs, partial(make_pair_files, data, index, outputs)))
    return items


def make_pair_files(data: UnseenData, index: int, outputs: Sequence[Path]) -> None:
    """Write one degraded picture and the clean one."""
    example = data.examples(data.tasks[0])[index]
    for path, picture in zip(outputs, (example.image, example.truth["clean"]), strict=True):
        write_png(path, picture)


def check(kind: str, root: Path, deep: bool) -> list[Finding]:
    """A Finding per source of pictures with the PSNR of its first degraded ones; ``deep`` opens
    every photograph."""
    findings = []
    for source in ("builtin", "world"):
        data = open_unseen(kind, source)
        examples = data.examples(data.tasks[0], data.sources["test"])
        findings.append(Finding(f"{kind}:{source}", len(examples), note=input_psnr(data)))
    photos = root / PHOTOS
    if not photos.is_dir():
        return [*findings, Finding(PHOTOS, 0, note=f"put pictures there, or use {kind}:DIR")]
    paths = [path for path in photos.iterdir() if path.suffix.lower() in SUFFIXES]
    finding = Files(photos, pictures(paths), "", len(paths)).finding(root, deep)
    if finding.broken or not paths:
        return [*findings, finding]
    note = input_psnr(open_unseen(kind, "", root))
    return [*findings, Finding(PHOTOS, len(paths), note=note)]


def input_psnr(data: UnseenData) -> str:
    """How far up to 96 test pictures are from the clean ones: mean, least and largest."""
    examples = data.examples(data.tasks[0], data.sources["test"])
    values = []
    for index in range(min(_MEASURED, len(examples))):
        example = examples[index]
        values.append(psnr(example.image, example.truth["clean"], 255.0))
    low, mean, high = np.min(values), np.mean(values), np.max(values)
    return f"input PSNR of {len(values)}: {mean:.1f} dB ({low:.1f} to {high:.1f})"
