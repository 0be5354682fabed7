import numpy as np
import pytest

from painter_kit.errors import InputError
from painter_kit.evaluation.order import keyed_order
from painter_kit.evaluation.pool import DARKEST, draw_prompt, flaw, pool_prompt
from painter_kit.tasks.base import make_pair
from painter_kit.types import Pair
from tests.toys import SPEC, TOY, Listed, make_example


@pytest.mark.parametrize(("white", "usable"), [(99, False), (100, True)])
def test_black_rule_of_the_released_size(white: int, usable: bool):
    """100 white pixels of 448 x 448 are just enough."""
    example = make_example("x", 0)
    target = np.zeros((448, 448, 3), np.uint8)
    target.reshape(-1, 3)[:white] = 255
    pair = Pair(np.zeros_like(target), target, SPEC.coding)
    assert (flaw(TOY, SPEC, example, pair) == "") is usable
    assert pytest.approx(100) == DARKEST * 448**2


def test_a_prompt_says_which_pair_it_is():
    example = make_example("x", 0)
    pair = make_pair(TOY, SPEC, example)
    prompt = pool_prompt(TOY, SPEC, example, pair)
    assert prompt.digest == pair.digest
    assert (prompt.kind, prompt.task, prompt.spec_digest) == ("random", "toy", SPEC.digest)
    assert prompt.provenance == {"data": "toys", "candidate": "x"}


def pool(*dark: str) -> Listed:
    return Listed([make_example(n, 0, level=0 if n in dark else 90) for n in "abcdefgh"])


def test_the_draw_loads_no_more_than_it_tries():
    first, second = (pool().ids[i] for i in keyed_order(pool().ids, "panel", 3)[:2])
    drawn_from = pool()
    assert draw_prompt(TOY, SPEC, drawn_from, 3).provenance["candidate"] == first
    assert drawn_from.loads == {first: 1}
    drawn_from = pool(first)
    assert draw_prompt(TOY, SPEC, drawn_from, 3).provenance["candidate"] == second
    assert drawn_from.loads == {first: 1, second: 1}


def test_seeds_draw_different_pairs():
    drawn = {draw_prompt(TOY, SPEC, pool(), s).provenance["candidate"] for s in range(20)}
    assert len(drawn) > 4


def test_a_pool_of_unusable_pairs():
    with pytest.raises(InputError, match="none of the 8 pairs of the pool can be a prompt for toy"):
        draw_prompt(TOY, SPEC, pool(*"abcdefgh"), 0)
