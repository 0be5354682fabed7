"""Search: panel on select, race on select, winner against panel on confirm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from painter_kit.errors import PainterKitError
from painter_kit.evaluation.evaluate import orientation, primary, scores
from painter_kit.evaluation.gain import Comparison, compare, plain_gain
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.panel import components, draw_panel, panel_stats
from painter_kit.evaluation.splits import Splits
from painter_kit.inference.prompt import Prompt
from painter_kit.types import Record, Reporter, silent, sum_records
from prompt_search.candidates import Candidates, make_candidates
from prompt_search.plan import Plan, SearchConfig, make_plan
from prompt_search.race import Race, number
from prompt_search.result import SearchResult, Winner


@dataclass(frozen=True)
class Setting:
    """What a search works on."""

    judge: Judge
    candidates: Candidates
    splits: Splits
    config: SearchConfig

    @property
    def plan(self) -> Plan:
        """What it will cost."""
        splits = self.splits
        return make_plan(self.config, len(self.candidates), len(splits.select), len(splits.confirm))


@dataclass(frozen=True)
class Yardstick:
    """The panel: names, prompts, their Records on select (P, M), and the sum of all these."""

    names: Sequence[str]
    prompts: Sequence[Prompt]
    on_select: Sequence[Sequence[Record]]
    reference: Record


@dataclass(frozen=True)
class Confirmed:
    """The winner on select, against the panel on confirm, and the panel's metrics there."""

    on_select: float
    comparison: Comparison
    panel_values: Sequence[float]


def prepare(judge: Judge, splits: Splits, config: SearchConfig | None = None) -> Setting:
    """Read the pool and filter it; forwards nothing. ``.plan`` of the result is the cost.

    Raises ``InputError`` when the pool has fewer than two usable pairs.
    """
    splits = splits.loaded()
    candidates = make_candidates(judge.task, judge.spec, splits.pool)
    return Setting(judge, candidates, splits, config or SearchConfig())


def search_prompt(
    judge: Judge,
    splits: Splits,
    config: SearchConfig | None = None,
    *,
    out: Path | None = None,
    checkpoint: str = "",
    reporter: Reporter = silent,
    say: Callable[[str], object] = lambda text: None,
    quiet: bool = False,
) -> SearchResult:
    """Find the pair of ``splits.pool`` that makes the judge's model best at its task.

    A random panel is measured on select, the strategy races candidates on select, and the
    winner is compared with the panel on confirm, which chose nothing. ``say`` gets the plan
    before any forward; ``checkpoint`` is the name to report; with ``out`` the result is written
    there. Progress goes to stderr unless ``quiet`` or stderr is no terminal.

    Raises ``InputError`` when the pool has fewer than two usable pairs.
    """
    setting = prepare(judge, splits, config)
    say(setting.plan.sentence)
    before = judge.new, judge.reused
    with judge.progress(setting.plan.total, "search", quiet):
        panel = measure_panel(setting)
        race = Race(judge, setting.candidates, setting.splits.select, panel.reference, reporter)
        race.decisions.append(_header(setting, panel))
        race.know(panel.names, panel.on_select)
        winner = run_race(setting, race)
        confirmed = confirm(setting, panel, setting.candidates.prompt(winner))
    forwards = {
        "panel": setting.plan.panel_forwards,
        "select": race.asked,
        "confirm": setting.plan.confirm_forwards,
        "new": judge.new - before[0],
        "reused": judge.reused - before[1],
    }
    result = _result(setting, panel, race, winner, confirmed, forwards)
    result = replace(result, checkpoint=checkpoint, folder=out)
    if out:
        result.write(out)
    _report(result, reporter)
    return result


def measure_panel(setting: Setting) -> Yardstick:
    """Random candidates on all of select; scores are first-order at their sum.

    Raises ``InputError`` when select holds no truth that counts.
    """
    judge, candidates, config = setting.judge, setting.candidates, setting.config
    drawn = draw_panel(candidates.ids, config.panel, config.seed)
    prompts = candidates.prompts(drawn)
    records = [judge.records(prompt, setting.splits.select) for prompt in prompts]
    judge.task.summarise([r for row in records for r in row], judge.spec)
    reference = sum_records([r for row in records for r in row])
    return Yardstick([candidates.ids[i] for i in drawn], prompts, records, reference)


def run_race(setting: Setting, race: Race) -> int:
    """The winning candidate: of the strategy's finalists, the best by the exact metric."""
    judge, candidates, select = setting.judge, setting.candidates, setting.splits.select
    shape = len(candidates), len(select)
    outcome = setting.config.build().run(race.ask, race.log, *shape, race.known)
    finalists = outcome.finalists
    values = [
        primary(judge.task, judge.spec, judge.recall(candidates.prompt(i), select))
        for i in finalists
    ]
    oriented = orientation(judge.spec) * np.array(values)
    # argmax takes the first of equals, which is the one with the best mean score.
    best = int(np.argmax(np.nan_to_num(oriented, nan=-np.inf)))
    names = [candidates.ids[i] for i in finalists]
    exact = {name: number(value) for name, value in zip(names, values, strict=True)}
    race.decisions.append({"event": "winner", "metric": exact, "id": names[best]})
    if outcome.certificate:
        race.certify(outcome.certificate, finalists, oriented, best)
    return finalists[best]


def confirm(setting: Setting, panel: Yardstick, prompt: Prompt) -> Confirmed:
    """Compare ``prompt``, judged on select before, with the panel on confirm."""
    judge, splits = setting.judge, setting.splits
    task, spec = judge.task, judge.spec
    on_select = judge.recall(prompt, splits.select)
    ours = judge.records(prompt, splits.confirm)
    others = [judge.records(p, splits.confirm) for p in panel.prompts]
    values = [primary(task, spec, row) for row in others]
    if not np.isfinite([*values, primary(task, spec, ours)]).all():
        raise PainterKitError(
            f"{spec.metric} on confirm is not a finite number: the model paints none or the "
            "pictures hold no truth; check --checkpoint and --data"
        )
    comparison = compare(
        task,
        spec,
        ours,
        others,
        splits.confirm.groups,
        panel.reference,
        seed=setting.config.seed,
        on_select=plain_gain(task, spec, on_select, panel.on_select),
        resamples=setting.config.resamples,
    )
    return Confirmed(primary(task, spec, on_select), comparison, values)


def _header(setting: Setting, panel: Yardstick) -> dict[str, Any]:
    """Everything that the decisions follow from, scores apart."""
    judge, candidates = setting.judge, setting.candidates
    return {
        "event": "start",
        "task": judge.task.name,
        "data": judge.spec.data,
        "spec": judge.spec.digest,
        "model": judge.model_digest,
        "config": asdict(setting.config),
        "dropped": dict(candidates.dropped),
        "candidates": candidates.ids,
        "select": list(setting.splits.select.ids),
        "panel": list(panel.names),
    }


def _result(
    setting: Setting,
    panel: Yardstick,
    race: Race,
    winner: int,
    confirmed: Confirmed,
    forwards: dict[str, int],
) -> SearchResult:
    judge, candidates = setting.judge, setting.candidates
    table = np.array([scores(judge.task, row, panel.reference) for row in panel.on_select])
    found = Winner(candidates.ids[winner], confirmed.on_select, confirmed.comparison.ours)
    return SearchResult(
        spec=judge.spec,
        config=setting.config,
        model_digest=judge.model_digest,
        splits={**setting.splits.counts, "pool": len(candidates)},
        forwards=forwards,
        winner=found,
        prompt=_searched(setting, candidates.prompt(winner), confirmed),
        panel=panel_stats(np.array(confirmed.panel_values)),
        panel_prompts=panel.prompts,
        panel_values=confirmed.panel_values,
        components=components(table),
        gain=confirmed.comparison.gain,
        dropped=candidates.dropped,
        trace=race.trace(),
    )


def _searched(setting: Setting, candidate: Prompt, confirmed: Confirmed) -> Prompt:
    """The winner as a searched prompt, with what is known of it."""
    judge, spec = setting.judge, setting.judge.spec
    settings = asdict(setting.config)
    prompt = replace(
        candidate,
        kind="searched",
        model_digest=judge.model_digest,
        provenance={**candidate.provenance, "search": settings},
    )
    measured = {
        "metric": spec.metric,
        "direction": spec.direction,
        "unit": spec.unit,
        "select": {"value": confirmed.on_select},
        "confirm": confirmed.comparison.ours.to_json(),
        "gain": confirmed.comparison.gain.to_json(),
    }
    return prompt.with_scores(measured, confirm_touches=1)


def _report(result: SearchResult, reporter: Reporter) -> None:
    """Final numbers, the candidates' table and the written files."""
    spec, gain, confirm = result.spec, result.gain, result.winner.confirm
    values = {
        f"{spec.task}/{spec.metric}": confirm.value,
        f"{spec.task}/{spec.metric}_ci_low": confirm.low,
        f"{spec.task}/{spec.metric}_ci_high": confirm.high,
        "gain/value": gain.value,
        "gain/ci_low": gain.ci_low,
        "gain/ci_high": gain.ci_high,
        "gain/p_value": gain.p_value,
        "gain/optimism": gain.optimism,
        "panel/mean": result.panel.mean,
        "panel/sd": result.panel.sd,
        **{f"components/{k}": v for k, v in result.components.to_json().items()},
        **{f"forwards/{k}": float(v) for k, v in result.forwards.items()},
    }
    reporter.metrics({k: v for k, v in values.items() if v is not None and np.isfinite(v)})
    reporter.table("candidates.json", result.trace.candidates)
    if result.folder:
        for path in sorted(result.folder.iterdir()):
            reporter.artifact(path, path.name if path.is_dir() else "")
