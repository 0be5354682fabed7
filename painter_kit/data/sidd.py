"""``--data sidd``: the Smartphone Image Denoising Dataset in sRGB (denoise).

Splits pool, select and confirm are drawn from patches of the training photographs, which
``painterkit prepare sidd`` cuts: ids ``PHOTOGRAPH_PATCH`` from 1, grouped by the scene that its
record names, else by photograph (patches that were cut elsewhere have no record). Test is the
1,280 blocks of the validation set, ids ``SCENE_BLOCK`` from 1, grouped by scene: read from the two
MATLAB files or, without them, from the same blocks as PNG in ``val/``.

The released prompt ``9_9`` is a patch that was cut without a seed, so its content is not known:
a patch of this name that was prepared here is another one.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from painter_kit.data.paired import PairExamples, PairFiles, pair_files
from painter_kit.data.paired_data import PairedData, refuse_argument
from painter_kit.data.sidd_blocks import CLEAN_BLOCKS, NOISY_BLOCKS, block_file, open_blocks
from painter_kit.data.sidd_record import read_record
from painter_kit.data.specs import restoration_spec
from painter_kit.errors import MissingError
from painter_kit.tasks.restoration import RestorationProtocol
from painter_kit.types import Examples

FOLDER = "denoise"
DEGRADED, CLEAN = "input", "groundtruth"
PROMPT = "9_9"
LISTS = {"train": "denoise_ssid_train.json", "val": "denoise_ssid_val.json"}
ADVICE = "painterkit prepare sidd cuts patches from SIDD_Medium_Srgb/"
SPEC = replace(
    restoration_spec("sidd", "denoise"),
    protocol=RestorationProtocol("sidd"),
    query_filter="opencv",
)


def sidd_pairs(folder: Path, part: str) -> list[PairFiles]:
    """The PNG pairs of ``train`` or ``val``, grouped by the first number of their names.

    Raises ``InputError`` when files are missing.
    """
    pairs = pair_files(folder / part / DEGRADED, folder / part / CLEAN, ADVICE)
    return [pair._replace(group=pair.id.partition("_")[0]) for pair in pairs]


def has_blocks(folder: Path) -> bool:
    """Whether at least one of the two MATLAB files is there."""
    return any(block_file(folder, name).is_file() for name in (NOISY_BLOCKS, CLEAN_BLOCKS))


def _train(folder: Path) -> PairExamples:
    pairs, record = sidd_pairs(folder, "train"), read_record(folder)
    if record:
        pairs = [pair._replace(group=record.scene(pair.group)) for pair in pairs]
    return PairExamples(tuple(pairs))


def _test(folder: Path) -> Examples:
    if has_blocks(folder):
        return open_blocks(folder)
    if not (folder / "val" / DEGRADED).is_dir():
        raise MissingError(
            f"{folder / 'val'} holds neither {NOISY_BLOCKS}.mat with {CLEAN_BLOCKS}.mat nor "
            f"{DEGRADED}/ and {CLEAN}/; get SIDD's validation blocks and put them there"
        )
    return PairExamples(tuple(sidd_pairs(folder, "val")))


def open_sidd(argument: str, root: Path | None = None) -> PairedData:
    """The dataset of ``--data sidd``. Raises ``InputError`` for an argument after the colon."""
    refuse_argument("sidd", argument)
    prompt = f"train/{DEGRADED}/{PROMPT}", f"train/{CLEAN}/{PROMPT}"
    advice = f"{ADVICE}; the released patch was cut without a seed and cannot be made again"
    return PairedData(root, SPEC, FOLDER, {"train": _train, "test": _test}, prompt, advice)
