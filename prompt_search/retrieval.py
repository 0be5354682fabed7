"""A prompt of its own for every query: the candidate that resembles it most.

Of a query nothing is known but its picture. ``retrieval`` compares it with the candidates'
pictures by features of the frozen model (nearest neighbour; Zhang et al. 2023, UnsupPR).
``retrieval-label`` also compares targets: the query has none, so what the searched prompt paints
for it in a first pass stands in, in the same colours as the candidates' targets; that costs one
more forward. Both are chosen before confirm is judged, and by nothing that was learned there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

from painter_kit.evaluation.judge import Judge
from painter_kit.types import Examples, Image, Record, Subset
from prompt_search.alternatives import RETRIEVAL, Alternative
from prompt_search.candidates import Candidates
from prompt_search.contest import Contest

Floats = npt.NDArray[np.float32]

LABEL = f"{RETRIEVAL}-label"
FEWEST = 2
_AT_ONCE = 64  # pictures held while their features are made


@dataclass(frozen=True)
class Keys:
    """Features of candidates and of queries, float32 (C, D) and (Q, D)."""

    candidates: Floats
    queries: Floats

    def similarity(self) -> Floats:
        """float32 (Q, C): cosines, with the mean of the candidates taken out.

        Pooled tokens share one large direction, which would drown what tells pictures apart.
        """
        centre = self.candidates.mean(0)
        return _unit(self.queries - centre) @ _unit(self.candidates - centre).T


def _unit(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.maximum(lengths, np.finfo(np.float32).tiny)


def retrieve(*keys: Keys) -> npt.NDArray[np.intp]:
    """int (Q,): for every query the candidate of the largest summed similarity, the first of
    equals."""
    return np.argmax(np.sum([key.similarity() for key in keys], axis=0), axis=1)


def retrieved_records(
    judge: Judge, candidates: Candidates, choice: Sequence[int], examples: Examples
) -> list[Record]:
    """Records of ``examples``, each under the candidate ``choice`` names for it, in order."""
    found: dict[int, Record] = {}
    for chosen in sorted({*choice}):
        places = tuple(place for place, index in enumerate(choice) if index == chosen)
        records = judge.records(candidates.prompt(chosen), Subset(examples, places))
        found.update(zip(places, records, strict=True))
    return [found[place] for place in range(len(examples))]


def measure_retrieval(contest: Contest) -> list[Alternative]:
    """Nearest neighbours by picture, and by picture and target, against the winner on confirm.

    A query under a prompt of its own is painted in a batch of one shape like every other, so
    that it takes the time of a batch wherever no other query has the same prompt.
    """
    judge, candidates = contest.judge, contest.candidates
    before, coding = judge.requested, contest.winner.coding
    pictures = _described(judge, (candidates.prompt(i).pair.image for i in range(len(candidates))))
    images = Keys(pictures, _described(judge, (example.image for example in contest.confirm)))
    what, cost = "the nearest candidate of each query", 1 + judge.description_cost
    nearest = _measured(contest, RETRIEVAL, what, retrieve(images).tolist(), before, cost)
    # The targets of these can be compared with what is painted under the winner.
    alike = [i for i in range(len(candidates)) if candidates.prompt(i).coding == coding]
    if len(alike) < FEWEST:
        note = "no label-aware retrieval: no other candidate has the winner's colours"
        return [nearest, contest.nothing(LABEL, 0, note)]
    return [nearest, _label_aware(contest, alike, Keys(images.candidates[alike], images.queries))]


def _label_aware(contest: Contest, alike: Sequence[int], images: Keys) -> Alternative:
    """Candidates ``alike`` against the winner; ``images`` are the keys of their pictures."""
    judge, before = contest.judge, contest.judge.requested
    targets = _described(judge, (contest.candidates.prompt(i).pair.target for i in alike))
    first = (levels for _, levels in judge.levels(contest.winner, contest.confirm))
    nearest = retrieve(images, Keys(targets, _described(judge, first)))
    choice = [alike[place] for place in nearest]
    what = "the nearest candidate of each query by picture and target"
    return _measured(contest, LABEL, what, choice, before, 2 + 2 * judge.description_cost)


def _measured(
    contest: Contest,
    name: str,
    what: str,
    choice: Sequence[int],
    before: int,
    per_query: float,
) -> Alternative:
    """Queries under the candidates of their choice; ``before`` is what had been asked for."""
    judge = contest.judge
    records = retrieved_records(judge, contest.candidates, choice, contest.confirm)
    found = contest.against_winner(records)
    asked, details = judge.requested - before, {"prompts": len({*choice})}
    ids = contest.candidates.ids
    rows = [
        {"query": query, "candidate": ids[chosen]}
        for query, chosen in zip(contest.confirm.ids, choice, strict=True)
    ]
    value, gain = found.ours.value, found.gain
    return Alternative(name, what, value, gain, per_query, asked, details=details, rows=rows)


def _described(judge: Judge, pictures: Iterable[Image]) -> Floats:
    """Features of pictures that need not fit into memory together."""
    source = iter(pictures)
    rows = []
    while held := list(islice(source, _AT_ONCE)):
        rows.append(judge.describe(held))
    return np.concatenate(rows)
