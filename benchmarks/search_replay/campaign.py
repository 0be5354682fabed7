"""The whole comparison: regret, certificate and cost, written as tables and a figure."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from benchmarks.search_replay.contenders import CERTIFY, HALVING, Contender, contenders
from benchmarks.search_replay.costs import SIZES, measure_costs
from benchmarks.search_replay.coverage import measure_coverage
from benchmarks.search_replay.figure import draw_curves
from benchmarks.search_replay.matrices import Matrix
from benchmarks.search_replay.regret import Regrets, measure_regrets
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
    """What is compared on what: ``seeds`` per curve, ``replays`` per certificate."""

    families: Sequence[Synthetic] = FAMILIES
    matrices: Sequence[Matrix] = ()
    seeds: int = 50
    replays: int = 400
    with_tpe: bool = True
    sizes: Sizes = SIZES
    only: Sequence[str] = ()

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

    Regret is measured where prompts differ; curves that ``out`` holds already, of as many
    seeds, are not played again.
    """
    sources, players = campaign.sources, campaign.players
    firsts = {name: draw(0) for name, draw in sources.items()}
    scored = {name: sources[name] for name, matrix in firsts.items() if matrix.has_effect}
    curves: dict[str, dict[str, Regrets]] = {}
    with _bar(len(scored) * len(players) * campaign.seeds, "regret", quiet) as bar:
        for name, draw in scored.items():
            curves[name] = {
                player.name: _kept(out, name, draw, player, campaign.seeds, bar)
                for player in players
            }
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


def _kept(out: Path, name: str, draw: Draw, player: Contender, seeds: int, bar: tqdm) -> Regrets:
    path = out / REGRETS / f"{_slug(name)}--{_slug(player.name)}.npz"
    if path.is_file():
        known = Regrets.load(path)
        if len(known.spent) == seeds:
            bar.update(seeds)
            return known
    found = measure_regrets(draw, player, seeds, bar.update)
    found.save(path)
    return found


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
        return [
            coverage_row(measure_coverage(name, draw, campaign.replays, strategy, bar.update))
            for name, draw in sources.items()
        ]


def _bar(total: int, what: str, quiet: bool) -> tqdm:
    return tqdm(total=total, desc=what, file=sys.stderr, disable=True if quiet else None)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
