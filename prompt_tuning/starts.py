"""Where tuning starts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from painter_kit.errors import InputError
from painter_kit.inference.canvas import resize_picture
from painter_kit.inference.parted import AnyPrompt
from painter_kit.inference.prompt import Prompt
from painter_kit.types import Image, Pair, Spec
from prompt_search.candidates import Candidates
from prompt_search.result import SearchResult
from prompt_search.setting import Setting, join_prompts, prompt_of
from prompt_tuning.objective import paint_target

SEARCH = "search"
STARTS = (SEARCH, "random", "mean", "grey")
_SEVERAL = (SEARCH, "random")  # of these there can be more than one
_GREY = 128


def split_init(init: str | AnyPrompt | Sequence[str | AnyPrompt]) -> list[str | AnyPrompt]:
    """Names and prompts to start from; a text holds names between commas."""
    if isinstance(init, str):
        return [name.strip() for name in init.split(",")]
    return list(init) if isinstance(init, Sequence) else [init]


def check_starts(inits: Sequence[str | AnyPrompt]) -> None:
    """Raise ``InputError`` for an unknown name."""
    for init in inits:
        if isinstance(init, str) and init not in STARTS:
            raise unknown_start(init)


def unknown_start(name: str) -> InputError:
    """What to say of a start that is no name and no folder."""
    return InputError(f"--init must be a prompt folder or one of {', '.join(STARTS)}, not {name!r}")


def count_starts(inits: Sequence[str | AnyPrompt], several: int) -> int:
    """How many starts ``gather_starts`` makes if there are enough candidates."""
    return sum(several if init in _SEVERAL else 1 for init in inits)


def count_given(inits: Sequence[str | AnyPrompt]) -> int:
    """How many of them are finished prompts."""
    return sum(not isinstance(init, str) for init in inits)


def init_name(init: str | AnyPrompt) -> str:
    """The name, or what tells one prompt from others."""
    return init if isinstance(init, str) else f"{init.kind} prompt {init.digest[:8]}"


def gather_starts(
    inits: Sequence[str | AnyPrompt],
    setting: Setting,
    found: SearchResult | None,
    seed: int,
    count: int = 1,
) -> dict[str, AnyPrompt]:
    """What learning starts from, by name, in the order asked for.

    ``search`` gives the ``found`` prompt and then the next best candidates, ``random`` the first
    prompts of the panel that the seed draws, ``count`` of each. Raises ``InputError`` for an
    unknown name.
    """
    starts: dict[str, AnyPrompt] = {}
    for init in inits:
        made = (
            [init] if not isinstance(init, str) else _made_starts(init, setting, found, seed, count)
        )
        name = init_name(init)
        starts |= {name if k == 0 else f"{name} {k + 1}": one for k, one in enumerate(made)}
    return starts


def _made_starts(
    name: str, setting: Setting, found: SearchResult | None, seed: int, count: int
) -> list[AnyPrompt]:
    if name == SEARCH and found:
        return [found.prompt, *map(setting.join, _runners_up(setting, found, count - 1))]
    size = min(count, *setting.pools) if name in _SEVERAL else 1
    return [make_starts(name, setting, seed, place) for place in range(size)]


def _runners_up(setting: Setting, found: SearchResult, count: int) -> list[tuple[int, ...]]:
    """The best candidates of every part after the winner, by images judged, then mean score."""
    orders = []
    for part in setting.parts:
        rows = [r for r in found.trace.candidates if r.get("part", part.name) == part.name]
        places = {name: index for index, name in enumerate(part.candidates.ids)}
        ranked = sorted(rows, key=_standing, reverse=True)
        winner = str(prompt_of(found.prompt, part.name).provenance.get("candidate"))
        names = [str(row["id"]) for row in ranked if row["mean_score"] is not None]
        orders.append([places[name] for name in names if name != winner and name in places])
    return list(zip(*(order[:count] for order in orders), strict=False))


def _standing(row: Mapping[str, object]) -> tuple[float, float]:
    images, mean = row["images"], row["mean_score"]
    return float(str(images)), -np.inf if mean is None else float(str(mean))


def make_starts(name: str, setting: Setting, seed: int, place: int = 0) -> AnyPrompt:
    """``make_start`` of every part as one prompt. Raises ``InputError`` for an unknown name."""
    starts = {part.name: make_start(name, part.candidates, seed, place) for part in setting.parts}
    kind = next(iter(starts.values())).kind
    spec = setting.judge.spec
    return join_prompts(starts, spec, kind, {"data": spec.data, "init": name})


def make_start(name: str, candidates: Candidates, seed: int, place: int = 0) -> Prompt:
    """The start called ``random``, ``mean`` or ``grey``.

    ``random`` is prompt ``place`` of the panel that the seed draws; ``mean`` averages all
    candidates' pictures, painted in the spec's coding; ``grey`` is two flat pictures. Raises
    ``InputError`` for another name.
    """
    spec = candidates.spec
    if name == "random":
        return candidates.prompt(candidates.draw(place + 1, seed)[place])
    if name == "mean":
        return _made(name, _mean_pair(candidates), spec)
    if name == "grey":
        flat = np.full((spec.canvas, spec.canvas, 3), _GREY, np.uint8)
        return _made(name, Pair(flat, flat, spec.coding), spec)
    raise unknown_start(name)


def _made(name: str, pair: Pair, spec: Spec) -> Prompt:
    provenance = {"data": spec.data, "init": name}
    return Prompt(pair, spec.task, spec_digest=spec.digest, provenance=provenance)


def _mean_pair(candidates: Candidates) -> Pair:
    spec, side = candidates.spec, candidates.spec.canvas
    images, targets = np.zeros((2, side, side, 3))
    for index in candidates.indices:
        example = candidates.examples[index]
        images += resize_picture(example.image, side, spec.image_resize)
        targets += paint_target(candidates.task, spec, example)
    return Pair(
        _rounded(images / len(candidates)), _rounded(targets / len(candidates)), spec.coding
    )


def _rounded(values: np.ndarray) -> Image:
    return np.rint(values).astype(np.uint8)
