"""A prompt made worse on purpose, to see what of it the model uses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from painter_kit.data.base import Dataset
from painter_kit.errors import InputError
from painter_kit.evaluation.order import keyed_order
from painter_kit.evaluation.painting import has_views
from painter_kit.inference.canvas import resize_picture
from painter_kit.inference.ensemble import EnsemblePrompt
from painter_kit.inference.parted import AnyPrompt
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import get_task, make_pair
from painter_kit.tasks.colors import resize_nearest
from painter_kit.types import Coding, Example, Examples, Image, Pair
from prompt_search.extras import other_tasks
from prompt_search.setting import WHOLE, Part, Setting, prompt_of

_SIDE, _ALIKE = 16, 4.0  # thumbnails of one picture differ by less than this many of 255 levels


def changed(prompt: AnyPrompt, change: Callable[[str, Prompt], Prompt]) -> AnyPrompt:
    """The prompt with ``change(part, prompt)`` in the place of every part's, or of its own.

    Raises ``TypeError`` for an ensemble, which no search finds.
    """
    if isinstance(prompt, EnsemblePrompt):
        raise TypeError("an ensemble has no pictures of its own that could be changed")
    if isinstance(prompt, Prompt):
        return change(WHOLE, prompt)
    return replace(prompt, parts={name: change(name, own) for name, own in prompt.parts.items()})


def blank(prompt: Prompt) -> Prompt:
    """A prompt that shows nothing: both pictures black."""
    nothing = np.zeros_like(prompt.pair.image)
    return replace(prompt, pair=Pair(nothing, nothing, prompt.pair.coding))


def with_target(prompt: Prompt, target: Image, coding: Coding | None = None) -> Prompt:
    """The prompt's input beside another target, brought to its size without new colours.

    ``coding`` is that of the target, the prompt's own when None.
    """
    image = prompt.pair.image
    fitted = resize_nearest(target, (image.shape[0], image.shape[1]))
    pair = Pair(image, np.ascontiguousarray(fitted), coding or prompt.pair.coding)
    return replace(prompt, kind="given", pair=pair, provenance={}, scores={})


def shuffled(setting: Setting, prompt: AnyPrompt, count: int) -> list[AnyPrompt]:
    """``prompt``'s input beside the targets of up to ``count`` other candidates.

    Each target keeps the coding that it is painted in, so that only its fit to the input is lost.
    Targets that equal the prompt's own are passed over.
    """
    found = {p.name: _other_targets(setting, p, prompt_of(prompt, p.name)) for p in setting.parts}
    made = []
    for _ in range(count):
        drawn = {name: next(targets, None) for name, targets in found.items()}
        if any(pair is None for pair in drawn.values()):
            break
        made.append(changed(prompt, lambda part, own, d=drawn: _shown(own, d[part])))
    return made


def _shown(prompt: Prompt, pair: Pair | None) -> Prompt:
    assert pair is not None
    return with_target(prompt, pair.target, pair.coding)


def _other_targets(setting: Setting, part: Part, prompt: Prompt) -> Iterator[Pair]:
    """Pairs of other candidates in an order of the seed's."""
    candidates = part.candidates
    for index in keyed_order(candidates.ids, "shuffled targets", setting.config.seed):
        pair = candidates.prompt(index).pair
        if not np.array_equal(with_target(prompt, pair.target).pair.target, prompt.pair.target):
            yield pair


def wrong_tasks(setting: Setting, prompt: AnyPrompt) -> dict[str, AnyPrompt]:
    """Task -> ``prompt``'s input painted for that other task of the dataset.

    Left out are tasks that have no truth for the same picture (told by id and by look), and
    those that paint what the prompt or an earlier task shows already. The coding stays the
    prompt's, which is how outputs are decoded.
    """
    dataset, found = setting.splits.dataset, dict[str, AnyPrompt]()
    digests = {prompt.digest}
    for name in other_tasks(setting.judge.task, dataset):
        targets = {
            p.name: painted_for(name, dataset, prompt_of(prompt, p.name)) for p in setting.parts
        }
        if any(target is None for target in targets.values()):
            continue
        made = changed(prompt, lambda part, own, t=targets: _with(own, t[part]))
        if made.digest not in digests:
            digests.add(made.digest)
            found[name] = made
    return found


def _with(prompt: Prompt, target: Image | None) -> Prompt:
    assert target is not None
    return with_target(prompt, target)


def painted_for(name: str, dataset: Dataset | None, prompt: Prompt) -> Image | None:
    """The target of the prompt's own picture for task ``name``; None if there is none."""
    assert dataset is not None
    try:
        examples = dataset.examples(name, dataset.sources["pool"])
        places = {example: index for index, example in enumerate(examples.ids)}
        place = places.get(str(prompt.provenance.get("candidate")))
        if place is None:
            return None
        pair = make_pair(get_task(name), dataset.spec(name), examples[place])
    except InputError:  # not all tasks of a dataset need have been prepared
        return None
    return pair.target if _same_scene(prompt.pair, pair) else None


def _same_scene(one: Pair, other: Pair) -> bool:
    """Whether both show one scene: inputs may be corrupted, and their clean pictures targets."""
    (image, target), (image2, target2) = (
        [resize_picture(shown, _SIDE, "bilinear").astype(float) for shown in (p.image, p.target)]
        for p in (one, other)
    )
    compared = ((image, image2), (image, target2), (target, image2))
    return any(np.abs(a - b).mean() < _ALIKE for a, b in compared)


def own_prompts(setting: Setting, prompt: AnyPrompt, count: int) -> Iterator[tuple[int, AnyPrompt]]:
    """The first ``count`` confirm images, each with its own truth as the prompt, by place.

    Images for which a part has no truth are left out; so are all of a task that paints several
    views of an image.
    """
    judge, confirm = setting.judge, setting.splits.confirm
    if has_views(judge.task, judge.spec):
        return
    sources = {p.name: _confirm_of(setting, p) for p in setting.parts}
    places = {name: {e: i for i, e in enumerate(s.ids)} for name, s in sources.items()}
    for index, example in enumerate(confirm.ids[:count]):
        if all(example in known for known in places.values()):
            shown = {name: sources[name][known[example]] for name, known in places.items()}
            yield index, changed(prompt, lambda part, own, s=shown: _own(setting, part, own, s))


def _confirm_of(setting: Setting, part: Part) -> Examples:
    return setting.splits.parts[part.name].confirm if part.name else setting.splits.confirm


def _own(setting: Setting, name: str, prompt: Prompt, shown: Mapping[str, Example]) -> Prompt:
    judge = next(part.judge for part in setting.parts if part.name == name)
    pair = make_pair(judge.task, judge.spec, shown[name])
    return replace(prompt, kind="given", pair=pair, provenance={}, scores={})
