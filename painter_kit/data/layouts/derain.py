"""Deraining as MPRNet packs it: one training set, five test sets, rainy and clean pictures."""

from __future__ import annotations

from painter_kit.data.layouts.base import LayoutOptions
from painter_kit.data.layouts.paired import PairFolder, pair_layout
from painter_kit.types import Size

_PROMPT = 100  # the picture that the released code prompts with
# The sets' usual sizes; the training set is a mixture.
_TRAIN_SIZES = ((321, 481), (384, 512), (481, 321), (512, 512))
_TEST: dict[str, tuple[str, tuple[Size, ...]]] = {
    "Rain100H": ("png", ((321, 481), (481, 321))),
    "Rain100L": ("png", ((321, 481), (481, 321))),
    "Test100": ("png", ((384, 512), (385, 465))),
    "Test1200": ("png", ((512, 512),)),
    "Test2800": ("jpg", ((384, 512), (512, 384))),
}


def _folders(options: LayoutOptions) -> list[PairFolder]:
    numbers = [_PROMPT, *(n for n in range(1, options.count + 1) if n != _PROMPT)]
    train = tuple(f"{number}.jpg" for number in numbers[: options.count])
    folders = [_folder("train", "train", train, _TRAIN_SIZES, 0)]
    for place, (name, (suffix, sizes)) in enumerate(_TEST.items()):
        names = tuple(f"{number}.{suffix}" for number in range(1, options.count + 1))
        first = place * options.count
        folders.append(_folder("test", f"test/{name}", names, sizes, first))
    return folders


def _folder(
    split: str, name: str, names: tuple[str, ...], sizes: tuple[Size, ...], first: int
) -> PairFolder:
    rainy, clean = f"derain/{name}/input", f"derain/{name}/target"
    return PairFolder("derain", split, rainy, clean, names, sizes, first)


LAYOUT = pair_layout(
    "derain", "a training set and five test sets, input and target", ("derain",), 3.0, _folders
)
