"""LoL: 485 pairs to learn from and 15 to judge by, dark and bright, PNG of 400 x 600."""

from __future__ import annotations

from collections.abc import Sequence

from painter_kit.data.layouts.base import LayoutOptions
from painter_kit.data.layouts.paired import PairFolder, pair_layout

SIZE = (400, 600)
_PROMPT = 100  # the picture that the released code prompts with
_TRAIN = 485
_EVAL = (1, 22, 23, 55, 79, 111, 146, 179, 493, 547, 665, 669, 748, 778, 780)


def _folders(options: LayoutOptions) -> tuple[PairFolder, ...]:
    others = (n for n in range(2, 502) if n not in (_PROMPT, *_EVAL))
    train = (_PROMPT, *others)[: min(options.count, _TRAIN)]
    return _folder("train", "our485", train), _folder("test", "eval15", _EVAL[: options.count])


def _folder(split: str, name: str, numbers: Sequence[int]) -> PairFolder:
    names = tuple(f"{number}.png" for number in numbers)
    low, high = f"light_enhance/{name}/low", f"light_enhance/{name}/high"
    return PairFolder("enhance", split, low, high, names, (SIZE,))


LAYOUT = pair_layout("lol", "our485 and eval15, low and high", ("light_enhance",), 3.5, _folders)
