"""How good the leader of a race looked, and how far from the final winner it was, at any time.

Both are told by the decisions (who led after how many forwards) and by the judged cells: the
estimate is how much more than the random prompts the leader scores, on the images that it has
been judged on by then, which takes out how hard these are; the regret is what the winner scores
more than that leader, on the images that both were judged on in the end. Scores are higher for
better prompts, in the unit of the metric where it is a mean.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from painter_kit.report.figures import BLUE, GREEN, ORANGE, RED, draw_row
from painter_kit.report.runs import Scored, cells_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Moment:
    """After ``forwards`` of the race: who led, on how many images, by how much over the random
    prompts, and how much less than the winner the leader scores (NaN without common images)."""

    forwards: int
    leader: str
    images: int
    estimate: float
    regret: float


@dataclass(frozen=True)
class Course:
    """One race: ``part`` and ``round`` of a task with parts."""

    name: str
    moments: Sequence[Moment]


def courses(decisions: Sequence[Mapping[str, Any]], cells: Sequence[Scored]) -> list[Course]:
    """The course of every race of the decisions that judged something."""
    races: dict[tuple[str, int], list[Mapping[str, Any]]] = {}
    for decision in decisions:
        key = str(decision.get("part", "")), int(decision.get("round", 0))
        races.setdefault(key, []).append(decision)
    found = []
    for (part, number), events in races.items():
        if moments := _moments(events, cells_of(cells, part, number)):
            found.append(Course(f"{part}, round {number}" if part else "", moments))
    return found


def _moments(events: Sequence[Mapping[str, Any]], cells: Sequence[Scored]) -> list[Moment]:
    start = next((event for event in events if event["event"] == "start"), None)
    winners = [event["id"] for event in events if event["event"] == "winner"]
    rungs = [event for event in events if event["event"] == "rung" and event.get("scores")]
    if start is None or not winners or not cells:
        return []
    rows = by_candidate(cells)
    usual = panel_means(rows, start["panel"])
    leader, images, best = "", 0, -np.inf
    made = []
    for rung in rungs:
        known = {name: score for name, score in rung["scores"].items() if score is not None}
        name = max(known, key=known.__getitem__, default="")
        if name and (rung["images"] > images or known[name] > best):
            leader, images, best = name, int(rung["images"]), float(known[name])
        seen = {image: usual[image] for image in start["select"][:images] if image in usual}
        own = rows.get(leader, {})
        less, estimate = _mean_less(rows.get(winners[-1], {}), own), _mean_less(own, seen)
        made.append(Moment(int(rung["cells"]), leader, images, estimate, less))
    return made


def by_candidate(cells: Sequence[Scored]) -> dict[str, dict[str, float]]:
    """Score by image, of every candidate; the first one counts."""
    rows: dict[str, dict[str, float]] = {}
    for cell in cells:
        rows.setdefault(cell.candidate, {}).setdefault(cell.image, cell.score)
    return rows


def panel_means(
    rows: Mapping[str, Mapping[str, float]], panel: Collection[str]
) -> dict[str, float]:
    """The mean score of the panel's prompts on every image that one of them was judged on."""
    found: dict[str, list[float]] = {}
    for name in panel:
        for image, score in rows.get(name, {}).items():
            found.setdefault(image, []).append(score)
    return {image: float(np.mean(scores)) for image, scores in found.items()}


def _mean_less(ours: Mapping[str, float], theirs: Mapping[str, float]) -> float:
    """Mean of ``ours`` less ``theirs`` on their common images; NaN without any."""
    less = [ours[image] - theirs[image] for image in ours if image in theirs]
    return float(np.mean(less)) if less else float("nan")


def anytime_chart(course: Course) -> bytes:
    """Estimate on the left, regret on the right, over the forwards of the race."""
    moments = course.moments
    forwards = [moment.forwards for moment in moments]

    def estimates(axes: Axes) -> None:
        values = [moment.estimate for moment in moments]
        axes.plot(forwards, values, "o-", color=BLUE, ms=5)
        for moment in moments:
            axes.annotate(
                f"{moment.images} images",
                (moment.forwards, moment.estimate),
                xytext=(0, 7),
                textcoords="offset points",
                ha="center",
                fontsize=8,
            )
        axes.margins(x=0.15, y=0.3)
        axes.set_xlabel("forwards of the race")
        axes.set_ylabel("leader over random prompts")

    def regrets(axes: Axes) -> None:
        values = np.array([moment.regret for moment in moments])
        axes.step(forwards, values, where="post", color=ORANGE)
        axes.plot(forwards, values, "o", color=ORANGE, ms=5)
        axes.axhline(0, color=GREEN, lw=1)
        if (values < 0).any():  # the exact metric chose another one than the mean score
            axes.plot(np.array(forwards)[values < 0], values[values < 0], "o", color=RED, ms=5)
        axes.margins(x=0.15, y=0.2)
        axes.set_xlabel("forwards of the race")
        axes.set_ylabel("regret: winner less leader")

    return draw_row([estimates, regrets])
