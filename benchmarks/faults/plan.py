"""Which faults there are, and how many of each a campaign tries."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.faults.case import Campaign, Case
from benchmarks.faults.damage import TIMES, damage_cases, make_released, samples
from benchmarks.faults.disk import full_cases, read_only_cases
from benchmarks.faults.kills import Whole, kill_all, undisturbed
from benchmarks.faults.server import server_cases
from benchmarks.faults.shared_out import shared_cases
from benchmarks.faults.stops import stop_cases
from benchmarks.faults.victims import EVALUATOR, SEARCHER, TUNER, Victim, make_pairs, trainer
from benchmarks.faults.worker import kill_workers
from benchmarks.faults.writing import kill_writers

SHARE = 0.1  # of all kills for each of the real commands; the store's writers have the rest


def _pairs(campaign: Campaign) -> Path:
    return make_pairs(campaign.work("pairs"))


REAL: dict[str, Callable[[Campaign, int, int], None]] = {
    "searcher": lambda campaign, kills, seed: kill_all(campaign, SEARCHER, kills, seed),
    "worker": kill_workers,
    "tuner": lambda campaign, kills, seed: kill_all(campaign, TUNER, kills, seed),
    "trainer": lambda campaign, kills, seed: kill_all(
        campaign, trainer(_pairs(campaign)), kills, seed
    ),
    "evaluator": lambda campaign, kills, seed: kill_all(campaign, EVALUATOR, kills, seed),
}
KILLED = {**REAL, "writer": kill_writers}
OTHERS = {
    "disk": "disks that fill up: a search (folder, store), a tuning, a training, an evaluation",
    "read-only": "folders that cannot be written, of the same commands",
    "damage": f"{TIMES} cuts and {TIMES} flipped bits of every kind of file",
    "shared": "a second process on the folder of every command, started in three ways",
    "stop": "SIGTERM, SIGINT and SIGKILL to a training of two processes",
    "server": "a tracking server killed under every command",
}
FAULTS = (*KILLED, *OTHERS)


def kills_by_kind(kills: int) -> dict[str, int]:
    """How many of so many kills each kind gets."""
    real = {name: math.ceil(SHARE * kills) for name in REAL}
    return {**real, "writer": max(0, kills - sum(real.values()))}


def plan_of(kills: int, only: tuple[str, ...]) -> str:
    """What a campaign tries, in words."""
    counts = kills_by_kind(kills)
    lines = [f"{name}: {counts[name]} kills" for name in KILLED if name in only]
    return "\n".join(
        [*lines, *(f"{name}: {what}" for name, what in OTHERS.items() if name in only)]
    )


def run_all(campaign: Campaign, kills: int, only: tuple[str, ...], seed: int) -> None:
    """All faults of these kinds that have not been tried yet."""
    counts = kills_by_kind(kills)
    for name, kill in KILLED.items():
        if name in only and counts[name]:
            kill(campaign, counts[name], seed)
    for name in OTHERS:
        if name in only:
            for case in _cases(campaign, name, seed):
                campaign.result(case)


def _cases(campaign: Campaign, name: str, seed: int) -> Iterator[Case]:
    if name == "stop":
        group = trainer(_pairs(campaign), processes=2)
        yield from stop_cases(group, undisturbed(campaign, group))
        return
    victims = (SEARCHER, TUNER, trainer(_pairs(campaign)), EVALUATOR)
    wholes: list[tuple[Victim, Whole]] = [(one, undisturbed(campaign, one)) for one in victims]
    if name == "damage":
        runs = {victim.name: whole.folder / "run" for victim, whole in wholes}
        released = make_released(runs["trainer"], campaign.work("released"))
        files = samples(runs, _pairs(campaign), released, victims[2].args)
        yield from damage_cases(files, seed)
        return
    makers = {
        "disk": full_cases,
        "read-only": read_only_cases,
        "shared": shared_cases,
        "server": server_cases,
    }
    yield from makers[name](wholes)
