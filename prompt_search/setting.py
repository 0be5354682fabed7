"""What a search or a tuning works on: the task, its parts with their candidates, the panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.likeness import Shown
from painter_kit.evaluation.painting import has_views, pictures_of
from painter_kit.evaluation.splits import Splits
from painter_kit.inference.ensemble import EnsemblePrompt
from painter_kit.inference.parted import AnyPrompt, PartedPrompt
from painter_kit.inference.prompt import Prompt
from painter_kit.tasks.base import Task
from painter_kit.types import Examples, Record, Spec, sum_records
from prompt_search.candidates import Candidates, make_candidates
from prompt_search.config import SearchConfig
from prompt_search.extras import extras_of
from prompt_search.included import of_part
from prompt_search.plan import Plan, make_plan
from prompt_search.sieve import told

WHOLE = ""  # the name of the only part of a task without parts


@dataclass(frozen=True)
class Part:
    """One part of a task, or the whole of a task without parts."""

    name: str
    judge: Judge
    candidates: Candidates
    select: Examples


@dataclass(frozen=True)
class Setting:
    """``judge`` measures the task itself; every part is chosen and learned for itself."""

    judge: Judge
    parts: tuple[Part, ...]
    splits: Splits
    config: SearchConfig

    @property
    def pools(self) -> list[int]:
        """Usable candidates of every part."""
        return [len(part.candidates) for part in self.parts]

    @property
    def dropped(self) -> dict[str, int]:
        """Unusable pairs of all parts by reason."""
        reasons = [reason for part in self.parts for reason in part.candidates.dropped]
        return {r: sum(p.candidates.dropped.get(r, 0) for p in self.parts) for r in reasons}

    @property
    def panel_size(self) -> int:
        """Members of the panel, which is drawn from the pairs of the pool alone."""
        return min(self.config.panel, *(len(part.candidates.indices) for part in self.parts))

    @property
    def notes(self) -> tuple[str, ...]:
        """What became of the pools, in words."""
        candidates = [part.candidates for part in self.parts]
        edited = sum(c.edited for c in candidates)
        given = sum(len(c.included) for c in candidates)
        return (
            *([f"crops and mirror images: {edited}"] * bool(edited)),
            *([f"given prompts: {given}"] * bool(given)),
            *([f"left out: {told(self.dropped)}"] if self.dropped else []),
            *(c.cap.sentence for c in candidates if c.cap),
        )

    @property
    def plan(self) -> Plan:
        """What a search will cost."""
        judge, config = self.judge, replace(self.config, panel=self.panel_size)
        plan = plan_of(judge.task, judge.spec, self.splits, config, self.pools)
        return replace(plan, notes=self.notes)

    def join(self, chosen: Sequence[int], kind: str = "random") -> AnyPrompt:
        """One candidate of every part, by index, as a prompt of the task."""
        prompts = [p.candidates.prompt(i) for p, i in zip(self.parts, chosen, strict=True)]
        provenance = {"data": self.judge.spec.data, "candidate": self.name_of(chosen)}
        named = zip((p.name for p in self.parts), prompts, strict=True)
        return join_prompts(dict(named), self.judge.spec, kind, provenance)

    def name_of(self, chosen: Sequence[int]) -> str:
        """The candidates' ids, with the names of their parts if there are any."""
        ids = [part.candidates.ids[i] for part, i in zip(self.parts, chosen, strict=True)]
        return join_names({p.name: name for p, name in zip(self.parts, ids, strict=True)})


def join_names(names: Mapping[str, str]) -> str:
    """``part name, part name``; of a task without parts the name itself."""
    return ", ".join(f"{part} {name}".strip() for part, name in names.items())


def join_prompts(
    prompts: Mapping[str, Prompt], spec: Spec[Any], kind: str, provenance: Mapping[str, Any]
) -> AnyPrompt:
    """The prompts of all parts as one; of a task without parts the prompt itself."""
    if WHOLE in prompts:
        return prompts[WHOLE]
    return PartedPrompt(
        dict(prompts), spec.task, kind=kind, spec_digest=spec.digest, provenance=provenance
    )


def prompt_of(prompt: AnyPrompt, part: str) -> Prompt:
    """The prompt of one part; the inverse of ``join_prompts``.

    Raises ``TypeError`` for an ensemble, which is no single pair.
    """
    if isinstance(prompt, EnsemblePrompt):
        raise TypeError("expected the prompt of one pair but got an ensemble")
    return prompt.parts[part] if isinstance(prompt, PartedPrompt) else prompt


def views_of(task: Task, spec: Spec[Any], examples: Examples) -> int:
    """Pictures painted for one example of one part, told by the first example."""
    if not has_views(task, spec):
        return 1
    return -(-pictures_of(task, spec, examples[0]) // max(1, len(task.parts)))


def plan_of(
    task: Task,
    spec: Spec[Any],
    splits: Splits,
    config: SearchConfig,
    pools: Sequence[int],
) -> Plan:
    """The cost of a search. ``pools``: usable candidates of every part."""
    select, confirm = splits.select, splits.confirm
    extras = extras_of(task, splits.dataset, config, len(confirm))
    views = views_of(task, spec, select)
    classes = len(spec.coding.palette)
    return make_plan(config, pools, len(select), len(confirm), views, extras, classes)


def prepare(
    judge: Judge,
    splits: Splits,
    config: SearchConfig | None = None,
    include: Sequence[AnyPrompt] = (),
) -> Setting:
    """Read the pool and filter it; forwards nothing. ``.plan`` of the result is the cost.

    For a task with parts ``splits.parts`` holds those of the parts. ``include`` are given prompts
    that join the candidates. Raises ``InputError`` when a pool has fewer than two usable pairs,
    and for given prompts of another task or spec.
    """
    splits, config = splits.loaded(), config or SearchConfig()
    names = judge.task.parts
    judges = [judge.part(name) for name in names] or [judge]
    cut = [splits.parts[name] for name in names] or [splits]
    pools = [(j.task, j.spec, split.pool) for j, split in zip(judges, cut, strict=True)]
    found = make_pools(names, pools, config, splits, include)
    parts = tuple(
        Part(name, own, candidates, split.select)
        for name, own, candidates, split in zip(names or (WHOLE,), judges, found, cut, strict=True)
    )
    return Setting(judge, parts, splits, config)


def make_pools(
    names: Sequence[str],
    pools: Sequence[tuple[Task, Spec[Any], Examples]],
    config: SearchConfig,
    splits: Splits,
    include: Sequence[AnyPrompt] = (),
) -> list[Candidates]:
    """The candidates of every part, of which ``names`` has none for a task without parts.

    Nothing on select or confirm may be shown by a candidate. Raises ``InputError`` as ``prepare``.
    """
    shown = Shown.of(splits.select, splits.confirm)
    made = []
    for name, (task, spec, pool) in zip(names or (WHOLE,), pools, strict=True):
        # Parts without classes (the instances of panoptic) keep all their pairs.
        skip = bool(name) and not spec.classes
        rules = replace(config, pool_class="") if skip else config
        given = of_part(include, name)
        made.append(make_candidates(task, spec, pool, rules, shown, config.seed, given))
    return made


@dataclass(frozen=True)
class Yardstick:
    """The panel: names, prompts, their Records on select (P, M), and the sum of all these."""

    names: Sequence[str]
    prompts: Sequence[AnyPrompt]
    on_select: Sequence[Sequence[Record]]
    reference: Record


def draw_members(setting: Setting) -> list[tuple[int, ...]]:
    """The panel: member k is the k-th drawn candidate of every part."""
    size, seed = setting.panel_size, setting.config.seed
    return list(zip(*(p.candidates.draw(size, seed) for p in setting.parts), strict=True))


def measure_panel(setting: Setting) -> Yardstick:
    """The panel of the task on all of select; scores are first-order at their sum.

    Raises ``InputError`` when select holds no truth that counts.
    """
    members = draw_members(setting)
    names = [setting.name_of(member) for member in members]
    prompts = [setting.join(member) for member in members]
    return measure(setting.judge, setting.splits.select, names, prompts)


def measure(
    judge: Judge, select: Examples, names: Sequence[str], prompts: Sequence[AnyPrompt]
) -> Yardstick:
    """These prompts on all of select, as a yardstick. Raises ``InputError`` without any truth."""
    records = judge.table(prompts, select)
    judge.task.summarise([r for row in records for r in row], judge.spec)
    return Yardstick(names, prompts, records, sum_records([r for row in records for r in row]))
