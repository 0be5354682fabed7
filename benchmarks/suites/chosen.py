"""Searched, learned and released prompts of a part: found in folders, or made on its data."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from benchmarks.suites.cells import OpenPart
from benchmarks.suites.episodes import Episodes
from benchmarks.suites.settings import LEARNED, RELEASED, SEARCHED, BenchmarkSettings
from painter_kit.data.base import open_dataset
from painter_kit.documents import parse_json
from painter_kit.errors import InputError
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.released import has_released, released_prompt
from painter_kit.evaluation.splits import Sizes, Splits, make_split, make_splits
from painter_kit.files import write_text
from painter_kit.inference.described import PROMPT_FILE
from painter_kit.inference.ensemble import WholePrompt
from painter_kit.inference.parted import PartedPrompt, load_prompt
from painter_kit.model.painter import Painter
from painter_kit.report.runs import read_object
from prompt_search.search import search_prompt
from prompt_tuning.run import tune_prompt

MAKERS = "makers.json"  # what prompts were made with, in the output folder

log = logging.getLogger(__name__)

# Where a prompt lies in the folder of what made it.
_INSIDE = {SEARCHED: ("prompt", ""), LEARNED: ("learned", "prompt", "")}


@dataclass(frozen=True)
class Bench:
    """What prompts are made with; ``out`` keeps them, so that nothing is made twice."""

    settings: BenchmarkSettings
    model: Painter
    judge: Judge
    out: Path
    single: bool


def chosen_prompts(
    bench: Bench, opened: OpenPart, kind: str, categories: Sequence[str]
) -> dict[str, WholePrompt]:
    """The prompts of one kind by category.

    Raises ``InputError`` as ``check_given`` does.
    """
    if kind == RELEASED:
        return dict.fromkeys(categories, _released(opened))
    folder = bench.settings.wanted.folders[kind]
    if folder is None:
        return {c: _made(bench, opened, kind, c) for c in categories}
    return {c: _found(opened, kind, folder, c, bench.single) for c in categories}


def kept_prompts(
    opened: OpenPart,
    kind: str,
    folder: Path | None,
    out: Path,
    categories: Sequence[str],
    single: bool,
) -> dict[str, WholePrompt]:
    """The same of a run that has ended, whose output folder is ``out``; none is made.

    Raises ``InputError`` when one is not there any more.
    """
    if kind == RELEASED:
        return dict.fromkeys(categories, _released(opened))
    if folder is not None:
        return {c: _found(opened, kind, folder, c, single) for c in categories}
    return {c: _found(opened, kind, out / kind, c, False) for c in categories}


def check_given(
    opened: OpenPart, episodes: Episodes, settings: BenchmarkSettings, single: bool
) -> None:
    """Raise ``InputError`` unless all prompts of folders are there and fit, and the data suffice to
    make the others."""
    categories = list(dict.fromkeys(row.category for row in episodes.rows))
    for kind, folder in settings.wanted.folders.items():
        if folder is not None:
            for category in categories:
                _found(opened, kind, folder, category, single)
    for category in categories if settings.wanted.made else ():
        splits_of(settings, opened, category)


def lacks_released(opened: OpenPart) -> str:
    """Why a part cannot be asked under a released prompt; empty when it can."""
    if not has_released(opened.dataset):
        return f"no prompt was released for {opened.part.data}"
    try:
        _released(opened)
    except InputError as error:
        return str(error)
    return ""


def _released(opened: OpenPart) -> WholePrompt:
    prompt = released_prompt(opened.task, opened.dataset, opened.spec, "--prompts")
    return whole(prompt)


def whole(prompt: object) -> WholePrompt:
    """The prompt itself; ``InputError`` for one of parts, which no suite asks."""
    if isinstance(prompt, PartedPrompt):
        raise InputError(f"a prompt for {prompt.task} has parts; suites ask tasks without parts")
    return prompt  # pyright: ignore[reportReturnType]


def _found(opened: OpenPart, kind: str, folder: Path, category: str, single: bool) -> WholePrompt:
    """The prompt in the sub-folder of part and category; of a single one, in the folder itself."""
    part, leaf = opened.part.name, category.rpartition("/")[2]
    tops = [folder / part / leaf, folder / leaf] if category else [folder / part]
    tops += [folder] * (single and not category)
    for top in tops:
        for inside in _INSIDE[kind]:
            place = top / inside
            if (place / PROMPT_FILE).is_file():
                return _checked(opened, whole(load_prompt(place)), f"{kind}:{place}")
    raise InputError(
        f"--prompts {kind}:{folder} has no prompt for {part}{' / ' + leaf if leaf else ''}; put "
        f"its folder at {tops[0]}, or leave :{folder} out to have it made"
    )


def _checked(opened: OpenPart, prompt: WholePrompt, what: str) -> WholePrompt:
    if prompt.task != opened.task.name:
        raise InputError(
            f"--prompts {what} is for {prompt.task}, but part {opened.part.name} asks for "
            f"{opened.task.name}; give another"
        )
    held, needed = len(prompt.coding.palette), len(opened.spec.coding.palette)
    if held != needed:
        raise InputError(
            f"--prompts {what} has colours for {held} classes but part {opened.part.name} has "
            f"{needed}; give a prompt that was made from {opened.part.data}"
        )
    return prompt


def _made(bench: Bench, opened: OpenPart, kind: str, category: str) -> WholePrompt:
    """Search or learn on the splits of the part's data; what lies in ``out`` is taken."""
    place = bench.out / kind / opened.part.name / category.rpartition("/")[2]
    inside = place / _INSIDE[kind][0]
    if (inside / PROMPT_FILE).is_file():
        return _checked(opened, whole(load_prompt(inside)), f"{kind}:{inside}")
    settings = bench.settings
    splits = splits_of(settings, opened, category)
    log.info("%s prompt for %s", kind, " / ".join(filter(None, (opened.part.name, category))))
    search = replace(settings.search, seed=settings.seed)
    if kind == SEARCHED:
        found = search_prompt(
            bench.judge, splits, search, out=place, checkpoint=settings.checkpoint
        )
        return whole(found.prompt)
    tuned = tune_prompt(
        bench.model,
        bench.judge,
        splits,
        replace(settings.tune, seed=settings.seed, segment_type=settings.segment_type),
        _start(bench, opened, category),
        search=search,
        out=place,
        checkpoint=settings.checkpoint,
    )
    return whole(tuned.prompt)


def check_makers(bench: Bench) -> None:
    """Note in ``out`` what prompts are made with, unless none is.

    Raises ``InputError`` when prompts lie there that were made with something else.
    """
    settings = bench.settings
    if not settings.wanted.made:
        return
    names = ("seed", "pool", "select", "confirm", "precision", "segment_type")
    now: dict[str, object] = {name: getattr(settings, name) for name in names}
    now |= {"search": asdict(settings.search), "tune": asdict(settings.tune)}
    now = parse_json(json.dumps({"model": bench.judge.model_digest, **now}))
    place = bench.out / MAKERS
    was = read_object(place, now)
    if different := [name for name in now if was.get(name) != now[name]]:
        raise InputError(
            f"--resume: prompts in {bench.out} were searched or learned with another "
            f"{', '.join(different)}; take what they were made with, or another --out"
        )
    write_text(place, json.dumps(now, indent=1) + "\n")


def _start(bench: Bench, opened: OpenPart, category: str) -> WholePrompt:
    """The searched prompt that learning starts from: the given one, else one that is made."""
    given = bench.settings.wanted.folders.get(SEARCHED)
    if given is None:
        return _made(bench, opened, SEARCHED, category)
    return _found(opened, SEARCHED, given, category, bench.single)


def splits_of(settings: BenchmarkSettings, opened: OpenPart, category: str) -> Splits:
    """The splits on which prompts of a category are searched and learned.

    Raises ``InputError`` for a category without data of its own, and for too few examples.
    """
    part = opened.part
    if category and not part.category_data:
        raise InputError(
            f"part {part.name}: its suite names no category_data, so that prompts per category "
            "cannot be made here; give folders, as in searched:RUN"
        )
    dataset = open_dataset(part.data_of(category), opened.root)
    sizes = Sizes(settings.pool, settings.select, settings.confirm)
    return make_splits(dataset, part.task, sizes, settings.seed).loaded()


def held_out(opened: OpenPart, categories: Sequence[str]) -> set[str] | None:
    """Ids of queries that no search or tuning of this part's data can have read.

    They are the test splits of the data of every category; None when that is all of them, because
    queries come from a subset of their own.
    """
    part = opened.part
    if part.by == "whole":
        return None if part.queries is None else _test_ids(opened, part.data)
    if not part.category_data:
        return set()
    found: set[str] = set()
    for category in categories:
        found |= _test_ids(opened, part.data_of(category))
    return found


def _test_ids(opened: OpenPart, data: str) -> set[str]:
    dataset = open_dataset(data, opened.root)
    return {*make_split(dataset, opened.part.task, "test").ids}
