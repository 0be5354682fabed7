"""The whole comparison: regret, certificate and cost, written as tables and a figure."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path

from tqdm import tqdm

from benchmarks.search_replay.apart import in_processes
from benchmarks.search_replay.contenders import CERTIFY, HALVING, Contender, contenders
from benchmarks.search_replay.costs import SIZES, measure_costs
from benchmarks.search_replay.coverage import measure_coverage
from benchmarks.search_replay.figure import draw_curves
from benchmarks.search_replay.matrices import Matrix
from benchmarks.search_replay.regret import NONE, Regrets, measure_regrets
from benchmarks.search_replay.report import (
    Row,
    cost_row,
    coverage_row,
    matrix_row,
    regret_row,
    write_tables,
)
from benchmarks.search_replay.synthetic import FAMILIES, Synthetic
from painter_kit.errors import InputError
from prompt_search.strategies import HalvingCertify

Draw = Callable[[int], Matrix]
Sizes = Sequence[tuple[int, int, float | None, float | None]]

REGRETS = "regrets"


@dataclass(frozen=True)
class Campaign:
    """What is compared on what: ``seeds`` per curve, ``replays`` per certificate, in so many
    ``processes``, which make no difference to what is found."""

    families: Sequence[Synthetic] = FAMILIES
    matrices: Sequence[Matrix] = ()
    seeds: int = 50
    replays: int = 400
    with_tpe: bool = True
    sizes: Sizes = SIZES
    only: Sequence[str] = ()
    processes: int = 1

    @property
    def players(self) -> list[Contender]:
        """Who is compared: all, or ``only`` some of them. Raises ``InputError`` for others."""
        known = contenders(self.with_tpe)
        names = [player.name for player in known]
        for name in self.only:
            if name not in names:
                raise InputError(f"--only must be one of {', '.join(names)} but got {name!r}")
        return [player for player in known if not self.only or player.name in self.only]

    def plays(self, name: str) -> bool:
        """Whether this contender is compared."""
        return not self.only or name in self.only

    @property
    def sources(self) -> dict[str, Draw]:
        """How to get the matrix of a seed: drawn anew, or the measured one."""
        drawn: dict[str, Draw] = {family.name: family.draw for family in self.families}
        return {**drawn, **{m.name: (lambda seed, m=m: m) for m in self.matrices}}


def run_campaign(campaign: Campaign, out: Path, quiet: bool = False) -> dict[str, list[Row]]:
    """Measure everything and write tables and a figure into ``out``.

    Regret is measured where prompts differ; seeds of curves that ``out`` holds already are not
    played again.
    """
    sources, players = campaign.sources, campaign.players
    firsts = {name: draw(0) for name, draw in sources.items()}
    scored = {name: sources[name] for name, matrix in firsts.items() if matrix.has_effect}
    curves: dict[str, dict[str, Regrets]] = {name: {} for name in scored}
    with _bar(len(scored) * len(players) * campaign.seeds, "regret", quiet) as bar:
        each = in_processes(campaign.processes, bar.update)
        for name, player in product(scored, players):
            kept = _Kept(out / REGRETS, firsts[name], player.name)
            known = kept.load()
            bar.update(min(campaign.seeds, len(known.spent)))
            curves[name][player.name] = measure_regrets(
                scored[name], player, campaign.seeds, each, known, kept.save
            )
    tables: dict[str, list[Row]] = {
        "matrices": [matrix_row(matrix) for matrix in firsts.values()],
        "regret": _regret_rows(firsts, curves),
        "coverage": _coverage_rows(campaign, quiet),
        "costs": [cost_row(cost) for cost in measure_costs(campaign.sizes)]
        if campaign.plays(HALVING)
        else [],
    }
    write_tables(out, tables)
    if curves:
        draw_curves(out / "search_replay.png", curves)
    return tables


@dataclass(frozen=True)
class _Kept:
    """The file of a curve; ``matrix`` is that of the first seed."""

    folder: Path
    matrix: Matrix
    player: str

    @cached_property
    def path(self) -> Path:
        names = (_slug(self.matrix.name), _slug(self.player), self.matrix.digest[:8])
        return self.folder / f"{'--'.join(names)}.npz"

    def load(self) -> Regrets:
        return Regrets.load(self.path) if self.path.is_file() else NONE

    def save(self, found: Regrets) -> None:
        found.save(self.path)


def _regret_rows(
    matrices: Mapping[str, Matrix], curves: Mapping[str, Mapping[str, Regrets]]
) -> list[Row]:
    return [
        regret_row(matrices[name], player, regrets)
        for name, by_player in curves.items()
        for player, regrets in by_player.items()
    ]


def _coverage_rows(campaign: Campaign, quiet: bool) -> list[Row]:
    if not campaign.replays or not campaign.plays(CERTIFY):
        return []
    sources, strategy = campaign.sources, HalvingCertify()
    with _bar(len(sources) * campaign.replays, "coverage", quiet) as bar:
        each = in_processes(campaign.processes, bar.update)
        return [
            coverage_row(measure_coverage(name, draw, campaign.replays, strategy, each))
            for name, draw in sources.items()
        ]


def _bar(total: int, what: str, quiet: bool) -> tqdm:
    return tqdm(total=total, desc=what, file=sys.stderr, disable=True if quiet else None)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
