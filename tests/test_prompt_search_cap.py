from itertools import combinations

import numpy as np
import pytest

from painter_kit.evaluation.order import generator
from prompt_search.cap import Cap, CapRisk, diverse_choice, random_choice


def unit(count: int, width: int, seed: int) -> np.ndarray:
    features = generator(seed, "unit").normal(size=(count, width)).astype(np.float32)
    return features / np.linalg.norm(features, axis=1, keepdims=True)


def covered(features: np.ndarray, chosen: tuple[int, ...] | list[int]) -> float:
    """The facility-location value of a choice, from its definition."""
    similar = (1 + features.astype(np.float64) @ features.astype(np.float64).T) / 2
    return float(similar[:, list(chosen)].max(axis=1).sum())


def naive(features: np.ndarray, size: int) -> list[int]:
    chosen: list[int] = []
    for _ in range(size):
        values = [
            -np.inf if i in chosen else covered(features, [*chosen, i])
            for i in range(len(features))
        ]
        chosen.append(int(np.argmax(values)))
    return sorted(chosen)


@pytest.mark.parametrize("seed", range(6))
def test_the_lazy_choice_is_the_greedy_one_and_keeps_its_guarantee(seed: int):
    features = unit(12, 3, seed)
    for size in (1, 3, 5):
        chosen = diverse_choice(features, size)
        # Two that only stand for one another tie: equal in value, not always in name.
        assert covered(features, chosen) == pytest.approx(covered(features, naive(features, size)))
        best = max(covered(features, c) for c in combinations(range(12), size))
        assert covered(features, chosen) >= (1 - 1 / np.e) * best
        assert covered(features, chosen) >= 0.95 * best  # in practice far better


def test_a_choice_of_one_in_each_cluster():
    centres = np.eye(4, dtype=np.float32)
    features = np.repeat(centres, [20, 3, 5, 12], axis=0)
    features = features + 0.01 * unit(40, 4, 0)
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    clusters = np.repeat(np.arange(4), [20, 3, 5, 12])
    assert sorted(clusters[diverse_choice(features, 4)]) == [0, 1, 2, 3]
    spread, drawn = (covered(features, c) for c in (
        diverse_choice(features, 4), random_choice([str(i) for i in range(40)], 4, 0)
    ))  # fmt: skip
    assert spread > drawn


def test_larger_pools_than_are_compared_at_once():
    features = unit(1500, 8, 1)
    chosen = diverse_choice(features, 30)
    assert len(set(chosen)) == 30
    assert chosen == sorted(chosen) == diverse_choice(features, 30)
    others = [random_choice([str(i) for i in range(1500)], 30, s) for s in range(5)]
    assert covered(features, chosen) > max(covered(features, c) for c in others)


def test_copies_and_all_of_them():
    same = np.repeat(unit(1, 5, 0), 4, axis=0)
    assert diverse_choice(same, 2) == [0, 1]
    assert diverse_choice(unit(6, 3, 0), 9) == list(range(6))


def test_a_random_choice_follows_the_seed_and_names_alone():
    ids = [f"p{i}" for i in range(100)]
    chosen = random_choice(ids, 10, 3)
    assert chosen == sorted(set(chosen))
    assert {ids[i] for i in chosen} == {ids[::-1][i] for i in random_choice(ids[::-1], 10, 3)}
    assert chosen != random_choice(ids, 10, 4)


@pytest.mark.parametrize(("size", "total"), [(10, 100), (50, 100), (5, 400)])
def test_the_loss_is_what_random_caps_lose(size: int, total: int):
    """Simulated: the best of a random part of a finite pool of normal prompt effects."""
    effects = generator(0, "effects").normal(size=(8000, total))
    lost = effects.max(axis=1) - effects[:, :size].max(axis=1)
    cap = Cap("random", size, total)
    error = lost.std() / np.sqrt(len(lost))
    assert cap.loss_in_sd == pytest.approx(lost.mean(), abs=4 * error)


def test_the_risk_in_words_and_numbers():
    cap = Cap("diverse", 5000, 24231)
    assert cap.loss_in_sd == pytest.approx(0.386, abs=0.001)
    assert cap.sentence.startswith("diverse cap of 5000 of 24231 candidates, expected to lack 0.39")
    risk = CapRisk(cap, 0.012, 0.034, "rmse", "m", "instance")
    assert risk.sentence == (
        "instance cap: 5000 of 24231 candidates (diverse); the best of all is expected to be "
        "better by 0.012 m in rmse (at most 0.034 with 95% confidence), if prompts differ normally"
    )
    known = {"way": "diverse", "size": 5000, "total": 24231, "loss": 0.012, "loss_high": 0.034}
    assert risk.to_json() == {"part": "instance", **known}
    whole = CapRisk(cap, 0.012, 0.034, "iou", "")
    assert whole.to_json() == known
    assert whole.sentence.startswith("cap: 5000")
