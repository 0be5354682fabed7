"""``--data lol``: LoL, photographs in low light and the same scenes well lit (enhance).

Splits pool, select and confirm are drawn from the 485 pairs of ``our485``, test is the 15 of
``eval15``. Ids are numbers. Every pair is a group of its own: pairs of neighbouring numbers may
show one room, but nothing in the files says which.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from painter_kit.data.paired import PairExamples, PairFiles, pair_files
from painter_kit.data.paired_data import PairedData, refuse_argument
from painter_kit.data.specs import restoration_spec
from painter_kit.tasks.restoration import RestorationProtocol

FOLDER = "light_enhance"
DEGRADED, CLEAN = "low", "high"
PARTS = {"train": ("our485", 485), "test": ("eval15", 15)}  # subset -> folder, published pairs
ADVICE = "unpack LoL there: our485/ and eval15/, each with low/ and high/, the truth"
SPEC = replace(restoration_spec("lol", "enhance"), protocol=RestorationProtocol("lol"))


def lol_pairs(folder: Path, subset: str) -> list[PairFiles]:
    """The pairs of ``train`` or ``test``. Raises ``InputError`` when files are missing."""
    part = folder / PARTS[subset][0]
    return pair_files(part / DEGRADED, part / CLEAN, ADVICE)


def _train(folder: Path) -> PairExamples:
    return PairExamples(tuple(lol_pairs(folder, "train")))


def _test(folder: Path) -> PairExamples:
    return PairExamples(tuple(lol_pairs(folder, "test")))


def open_lol(argument: str, root: Path | None = None) -> PairedData:
    """The dataset of ``--data lol``. Raises ``InputError`` for an argument after the colon."""
    refuse_argument("lol", argument)
    prompt = f"our485/{DEGRADED}/100", f"our485/{CLEAN}/100"
    return PairedData(root, SPEC, FOLDER, {"train": _train, "test": _test}, prompt, ADVICE)
