from dataclasses import replace
from pathlib import Path

import pytest

from painter_kit.inference.parted import PartedPrompt
from tests.test_prompt_search_search import QUICK, search, search_both
from tests.toys import ToyPainter, registered, toy_data

DATA = toy_data(best=17)
HALVING, EXHAUSTIVE = QUICK, replace(QUICK, strategy="exhaustive")


def test_two_searches_that_end_alike_have_read_confirm_twice(tmp_path: Path):
    first = search(tmp_path, DATA, config=HALVING)
    second = search(tmp_path, DATA, config=EXHAUSTIVE)
    assert first.prompt.digest == second.prompt.digest
    assert (first.prompt.confirm_touches, second.prompt.confirm_touches) == (1, 2)
    assert "(read once for this prompt)" in first.summary
    assert "(read 2 times for this prompt)" in second.summary


def test_a_repeated_or_resumed_search_reads_once(tmp_path: Path):
    killed = ToyPainter(stop_after=50)
    with pytest.raises(KeyboardInterrupt):
        search(tmp_path, DATA, killed, config=HALVING)
    for _ in range(2):
        assert search(tmp_path, DATA, config=HALVING).prompt.confirm_touches == 1
    with registered():  # a diagnosis looks for other tasks
        diagnosed = search(tmp_path, DATA, config=replace(HALVING, diagnose=True, shuffles=1))
    assert diagnosed.prompt.confirm_touches == 2  # the diagnosis, but no other search
    assert search(tmp_path, DATA, config=replace(HALVING, keep=5)).prompt.confirm_touches == 2


def test_other_winners_and_other_stores_do_not_count(tmp_path: Path):
    search(tmp_path / "a", DATA, config=HALVING)
    assert search(tmp_path / "b", DATA, config=EXHAUSTIVE).prompt.confirm_touches == 1
    other = replace(QUICK, strategy="random", k=1)
    found = search(tmp_path / "a", DATA, config=other)
    assert (found.winner.id != "p0017", found.prompt.confirm_touches) == (True, 1)


def test_parts_count_for_themselves(tmp_path: Path):
    data = toy_data(pool=8, select=16, confirm=6, best=3)
    first = search_both(tmp_path, data, config=HALVING)
    second = search_both(tmp_path, data, config=EXHAUSTIVE)
    assert first.prompt.digest == second.prompt.digest
    assert isinstance(second.prompt, PartedPrompt)
    assert second.prompt.confirm_touches == 2
    assert {own.confirm_touches for own in second.prompt.parts.values()} == {2}
