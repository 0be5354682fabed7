"""Means and spreads over seeds, and differences to the base, from cards."""

import pytest

from benchmarks.ablations.floor import Floor
from benchmarks.ablations.table import TITLES, records, spread, tables
from benchmarks.ablations.variants import FOUR
from tests.ablation_cards import result

MIOU, MACC = "semantic (miou, higher)", "semantic (macc, higher)"
LESS = "semantic miou minus base's"
THREE = [result("base", seed, semantic=0.4 + seed / 10) for seed in range(3)]
WORSE = [result("loss l2", seed, semantic=0.1 + seed / 10 + seed / 100) for seed in range(3)]
ONE = [result("linear head", 0, semantic=0.35)]


def test_three_seeds_have_a_spread_and_one_is_marked():
    (rows,) = tables([*THREE, *WORSE, *ONE]).values()
    assert [row["variant"] for row in rows] == ["base", "loss l2", "linear head"]
    assert [row["seeds"] for row in rows] == [3, 3, 1]
    assert (rows[0][MIOU], rows[0][MACC]) == ("0.500 +- 0.100", "0.600 +- 0.100")
    assert (rows[2][MIOU], rows[2][MACC]) == ("0.350 (1 seed)", "0.450 (1 seed)")
    assert rows[2]["parameters"] == "2,159,331"


def test_differences_to_the_base_are_taken_seed_by_seed():
    rows = tables([*THREE, *WORSE, *ONE])[TITLES["S2"]]
    # Seeds differ by 0.1, but the differences by 0.01 alone.
    assert [row[LESS] for row in rows] == [
        "-",
        "-0.290 [-0.315, -0.265] worse",
        "-0.050 (1 seed)",
    ]
    assert tables(WORSE)[TITLES["S2"]][0][LESS] == "-"


def test_joint_and_separate_models_stand_under_each_other():
    numbers = {"depth": 1.0, "semantic": 0.5, "keypoint": 0.25, "denoise": 0.125}
    joint = [
        result(name, 0, **{t: v + more for t, v in numbers.items()})
        for name, more in (("joint", 0), ("joint, 4 x samples", 1))
    ]
    separate = [result(f"separate {t}", 0, **{t: 2 * numbers[t]}) for t in FOUR if t != "semantic"]
    found = tables([*THREE, *joint, *separate])
    assert list(found) == list(TITLES.values())
    rows = found[TITLES["2"]]
    assert [row["model"] for row in rows] == ["joint", "joint, 4 x samples", "separate"]
    heads = [head for head in rows[0] if "(" in head]
    assert [head.split()[0] for head in heads] == [*FOUR[:2], *FOUR[1:]]  # semantic has two
    values = [1.0, 0.5, 0.6, 0.25, 0.125]
    assert [rows[0][h] for h in heads] == [f"{v:.3f} (1 seed)" for v in values]
    # Of semantic the base's first seed, which is the separate model.
    alone = [2.0, 0.4, 0.5, 0.5, 0.25]
    assert [rows[2][h] for h in heads] == [f"{v:.3f} (1 seed)" for v in alone]


def test_what_needs_no_model_ends_both_tables():
    floors = {"semantic": Floor("a copy", {"miou": 0.25, "macc": 0.5})}
    s2, two = tables([*THREE, result("separate depth", 0, depth=1.0)], floors).values()
    assert (s2[-1]["variant"], s2[-1][MIOU], s2[-1][MACC]) == ("no model", "0.250", "0.500")
    assert (s2[-1]["seeds"], s2[-1][LESS], list(s2[-1])) == ("-", "-", list(s2[0]))
    assert two[-1]["model"] == "no model"
    assert [two[-1][head] for head in (MIOU, "depth (rmse m, lower)")] == ["0.250", "-"]


def test_the_base_alone_is_no_table_of_joint_models():
    assert list(tables(THREE)) == [TITLES["S2"]]
    (rows,) = tables([result("separate depth", 0, depth=1.0)]).values()
    assert [row["model"] for row in rows] == ["separate"]


def test_what_could_not_be_measured_is_left_out():
    broken = result("loss l1", 0, semantic=0.5)
    broken.card["validation"]["tasks"][0]["metrics"]["miou"]["mean"] = None
    rows = tables([*THREE, broken])[TITLES["S2"]]
    assert (rows[1][MIOU], rows[1][LESS]) == ("-", "-")


def test_every_number_is_recorded():
    rows = records(THREE)
    assert [(row["seed"], row["metric"]) for row in rows[:3]] == [
        (0, "miou"),
        (0, "macc"),
        (1, "miou"),
    ]
    assert rows[0] == {
        "tables": "S2 2",
        "variant": "base",
        "seed": 0,
        "task": "semantic",
        "metric": "miou",
        "primary": True,
        "direction": "max",
        "unit": "",
        "value": 0.4,
        "sd_over_prompts": 0.1,
        "samples": 8000,
        "seconds": 9.0,
        "parameters": 2_159_331,
    }


@pytest.mark.parametrize(
    ("values", "words"),
    [([], "-"), ([1.0], "1.000 (1 seed)"), ([1.0, 2.0], "1.500 +- 0.707")],
)
def test_spread(values: list[float], words: str):
    assert spread(values) == words
