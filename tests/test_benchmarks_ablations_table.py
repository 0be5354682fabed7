"""Means and spreads over seeds, from cards."""

import pytest

from benchmarks.ablations.run import Result
from benchmarks.ablations.table import TITLES, records, spread, tables
from benchmarks.ablations.variants import FOUR, cells

UNITS = {"depth": ("rmse", "min", "m")}


def result(name: str, seed: int, **values: float) -> Result:
    cell = next(c for c in cells([name]) if c.seed == seed)
    tasks = []
    for task, value in values.items():
        metric, direction, unit = UNITS.get(task, ("miou", "max", ""))
        about = {"task": task, "primary": metric, "direction": direction, "unit": unit}
        tasks.append({**about, "metrics": {metric: {"mean": value, "sd": 0.1}}})
    card = {"samples": 30_720, "seconds": 9.0, "parameters": 2_159_331}
    return Result(cell, {**card, "validation": {"tasks": tasks}})


THREE = [result("base", seed, depth=1.0 + seed, semantic=0.5) for seed in range(3)]
ONE = [result("linear head", 0, depth=2.5, semantic=0.4)]


def test_three_seeds_have_a_spread_and_one_is_marked():
    (rows,) = tables([*THREE, *ONE]).values()
    assert [row["variant"] for row in rows] == ["base", "linear head"]
    assert rows[0]["depth (rmse m, lower)"] == "2.000 +- 1.000"
    assert rows[0]["seeds"] == 3
    assert rows[1]["semantic (miou, higher)"] == "0.400 (1 seed)"
    assert rows[1]["parameters"] == "2,159,331"


def test_joint_and_separate_models_stand_under_each_other():
    numbers = {"depth": 1.0, "semantic": 0.5, "keypoint": 0.25, "denoise": 0.125}
    joint = result("joint", 0, **numbers)
    separate = [result(f"separate {t}", 0, **{t: 2 * numbers[t]}) for t in FOUR]
    found = tables([*THREE, joint, *separate])
    assert list(found) == list(TITLES.values())
    rows = found[TITLES["2"]]
    assert [row["model"] for row in rows] == ["joint", "separate"]
    heads = [head for head in rows[0] if "(" in head]
    assert [rows[0][h] for h in heads] == [f"{v:.3f} (1 seed)" for v in numbers.values()]
    assert [rows[1][h] for h in heads] == [f"{2 * v:.3f} (1 seed)" for v in numbers.values()]


def test_every_number_is_recorded():
    rows = records(THREE)
    assert len(rows) == 6
    assert rows[0] == {
        "table": "S2",
        "variant": "base",
        "seed": 0,
        "task": "depth",
        "metric": "rmse",
        "direction": "min",
        "unit": "m",
        "value": 1.0,
        "sd_over_prompts": 0.1,
        "samples": 30_720,
        "seconds": 9.0,
        "parameters": 2_159_331,
    }


@pytest.mark.parametrize(
    ("values", "words"),
    [([], "-"), ([1.0], "1.000 (1 seed)"), ([1.0, 2.0], "1.500 +- 0.707")],
)
def test_spread(values: list[float], words: str):
    assert spread(values) == words
