"""The record of SIDD's patches: which photographs they were cut from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from painter_kit.documents import read_json
from painter_kit.errors import InputError
from painter_kit.schema import Builder

RECORD = "patches.json"  # in denoise/train/


@dataclass(frozen=True)
class PatchRecord:
    """What the patches of ``train/`` were cut from: ``photographs`` are places below
    ``SIDD_Medium_Srgb`` in order of their numbers; ``prompt`` is the digest of the pair ``9_9``,
    empty when there is none."""

    seed: int
    patches: int
    photographs: tuple[str, ...]
    prompt: str

    def scene(self, number: str) -> str:
        """The folder of a photograph, by its number from 1: SIDD has two of every scene there.

        The number itself for a photograph that the record does not list.
        """
        known = number.isdecimal() and 0 < int(number) <= len(self.photographs)
        return PurePosixPath(self.photographs[int(number) - 1]).parent.name if known else number


def read_record(folder: Path) -> PatchRecord | None:
    """The record, None for patches that were cut elsewhere. Raises ``InputError`` for a broken
    one."""
    path = folder / "train" / RECORD
    if not path.is_file():
        return None
    try:
        value = read_json(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({error}); remove train/ and cut anew") from error
    builder = Builder(lambda key: str(path))
    if not isinstance(value, dict):
        raise builder.wrong("record", "a mapping", value)
    return builder.build(PatchRecord, value)
