"""The contact sheet of a search: what the best and the worst candidates look like."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from painter_kit.inference.parted import AnyPrompt
from painter_kit.report.anytime import by_candidate, panel_means
from painter_kit.report.document import Block, Card, Sheet, Text
from painter_kit.report.gallery import pair_pictures
from painter_kit.report.illustrated import Illustrated, candidate_prompts
from painter_kit.report.runs import Scored, cells_of


class Standing(NamedTuple):
    """A candidate, on how many images it was judged, and its mean score less that of the random
    prompts on the same images."""

    candidate: str
    images: int
    advantage: float


def standings(cells: Sequence[Scored], panel: Collection[str]) -> list[Standing]:
    """All judged candidates of one race, best first.

    The panel's mean on each image takes the difficulty of images out, so that candidates judged
    on few images compare with those judged on many.
    """
    rows = by_candidate(cells)
    means = panel_means(rows, panel)
    found = []
    for name, scores in rows.items():
        over = [score - means[image] for image, score in scores.items() if image in means]
        if over and np.isfinite(over).all():
            found.append(Standing(name, len(over), float(np.mean(over))))
    return sorted(found, key=lambda one: -one.advantage)


def contact_sheet(
    about: Illustrated, decisions: Sequence[Mapping[str, Any]], cells: Sequence[Scored]
) -> list[Block]:
    """Best and worst candidates, of every part."""
    if about.source is None:
        return [Text(f"No pictures of prompts: {about.why}.", "note")]
    blocks: list[Block] = []
    for start in decisions:
        if start["event"] == "start" and start.get("round", 0) == 0:
            part = str(start.get("part", ""))
            blocks += _sheets(about, standings(cells_of(cells, part, 0), start["panel"]), part)
    return blocks or [Text("No candidate was judged.", "note")]


def _sheets(about: Illustrated, ranked: Sequence[Standing], part: str) -> list[Block]:
    """The candidates at both ends with their pictures."""
    assert about.source is not None
    most = min(about.amounts.candidates, len(ranked) // 2)
    far = [one for one in ranked if one.images == max(other.images for other in ranked)]
    ends = (
        ("Best", "judged on most images", far[:most]),
        ("Worst", "judged at all", ranked[::-1][:most]),
    )
    blocks: list[Block] = []
    for end, which, chosen in ends:
        prompts = candidate_prompts(about.source, [one.candidate for one in chosen], part)
        kept = [_card(one, prompts[one.candidate]) for one in chosen if one.candidate in prompts]
        if lost := len(chosen) - len(kept):
            which_ones = f"{lost} of the {end.lower()} prompts are no plain pairs of the data"
            about.missing.append(which_ones)
        caption = (
            f"{end} candidates{f' for {part}' if part else ''} of those {which}, by their mean "
            "score less that of the random prompts on the same select images."
        )
        blocks += [Sheet(kept, caption)] if kept else []
    return blocks


def _card(one: Standing, prompt: AnyPrompt) -> Card:
    note = f"{one.advantage:+.4g} over random on {one.images} images"
    return Card(one.candidate, pair_pictures(prompt, one.candidate), note)
