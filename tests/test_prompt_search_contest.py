from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from painter_kit.evaluation.evaluate import primary
from painter_kit.evaluation.gain import plain_gain
from painter_kit.evaluation.store import Store
from prompt_search.contest import make_contest
from prompt_search.result import Trace
from tests.contest_toys import contest_of
from tests.toys import SPEC, TOY, ToyPainter, toy_data


def test_the_winner_leads_the_finalists(tmp_path: Path):
    with Store(tmp_path) as store:
        contest = contest_of(store, toy_data(best=5), ToyPainter(), strategy="exhaustive")
        before = contest.judge.requested
        digests = [prompt.digest for prompt in contest.finalists]
        assert contest.finalists[0] is contest.winner
        assert contest.winner.provenance["candidate"] == "p0005"
        assert len(digests) == len(set(digests)) == 8
        values = [
            primary(TOY, SPEC, contest.judge.recall(p, contest.select)) for p in contest.finalists
        ]
        assert values == sorted(values)
        every = [contest.candidates.prompt(i) for i in range(len(contest.candidates))]
        best = sorted(primary(TOY, SPEC, contest.judge.recall(p, contest.select)) for p in every)
        assert values == best[:8]
        assert contest.judge.requested == before


def test_a_winner_from_elsewhere_leads_too(tmp_path: Path):
    """Such as an edited pair, which no race has judged."""
    with Store(tmp_path) as store:
        contest = contest_of(store, toy_data(best=5), ToyPainter())
        found = contest.candidates.prompt(0)
        pair = replace(found.pair, image=255 - found.pair.image)
        winner = replace(found, pair=pair, kind="searched")
        decided = {"event": "winner", "metric": {"p0005": 0.5, "elsewhere": 0.1, "p0003": None}}
        trace = Trace([{"event": "start"}, decided], [], {})
        made = make_contest(contest.setting, contest.panel, winner, trace)
    names = [prompt.provenance["candidate"] for prompt in made.finalists[1:]]
    assert made.finalists[0] is winner
    assert names == ["p0005", "p0003"]


def test_records_are_compared_with_the_winners_image_by_image(tmp_path: Path):
    with Store(tmp_path) as store:
        contest = contest_of(store, toy_data(best=5), ToyPainter())
        judge = contest.judge
        other = judge.records(contest.finalists[1], contest.confirm)
        own = judge.recall(contest.winner, contest.confirm)
        found = contest.against_winner(other)
        assert found.gain.value == pytest.approx(plain_gain(TOY, SPEC, other, [own]))
        assert found.baseline.value == primary(TOY, SPEC, own)
        differences = [b.values[1] - a.values[1] for a, b in zip(other, own, strict=True)]
        error = np.std(differences, ddof=1) / np.sqrt(len(differences))
        width = found.gain.ci_high - found.gain.ci_low
        assert width == pytest.approx(2 * 2.02 * error, rel=0.2)  # Student's t, 39 degrees
        same = contest.against_winner(own).gain
        assert (same.value, same.ci_low, same.ci_high, same.confirmed) == (0, 0, 0, False)


def test_nothing_is_the_winner_itself(tmp_path: Path):
    with Store(tmp_path) as store:
        contest = contest_of(store, toy_data(), ToyPainter())
        one = contest.nothing("ensemble", 7, "do not", steps=[])
        own = contest.judge.recall(contest.winner, contest.confirm)
        assert (one.value, one.forwards, one.verdict) == (primary(TOY, SPEC, own), 7, "do not")
        assert one.to_json()["forwards_per_query"] == 1
        assert one.to_json()["steps"] == []
