import subprocess
import sys

import numpy as np

from painter_kit.evaluation.order import generator, keyed_order

NAMES = [f"scene{i}" for i in range(50)]


def test_order_is_a_permutation_that_depends_on_the_key():
    order = keyed_order(NAMES, "select", 0)
    assert sorted(order) == list(range(50))
    assert order != keyed_order(NAMES, "select", 1)
    assert order != sorted(order)


def test_order_ignores_how_names_are_listed():
    shuffled = list(reversed(NAMES))
    expected = [NAMES[i] for i in keyed_order(NAMES, "x")]
    assert [shuffled[i] for i in keyed_order(shuffled, "x")] == expected


def test_more_names_keep_the_order_of_the_others():
    some = [NAMES[i] for i in keyed_order(NAMES[:20], "x")]
    every = [NAMES[i] for i in keyed_order(NAMES, "x") if i < 20]
    assert some == every


def test_order_is_the_same_in_another_process():
    code = (
        "from painter_kit.evaluation.order import *; print(keyed_order(list('abcdefgh'), 's', 3))"
    )
    run = [sys.executable, "-c", code]
    outputs = {
        subprocess.run(
            run,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert outputs == {f"{keyed_order(list('abcdefgh'), 's', 3)}\n"}


def test_keys_that_join_to_the_same_text_differ():
    assert keyed_order(NAMES, "a", "bc") != keyed_order(NAMES, "ab", "c")


def test_generators_are_repeatable_and_independent():
    first = generator(0, "bootstrap").random(1000)
    assert np.array_equal(first, generator(0, "bootstrap").random(1000))
    other = generator(0, "sign flip").random(1000)
    assert abs(np.corrcoef(first, other)[0, 1]) < 0.15
