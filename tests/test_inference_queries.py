"""Pictures that live on are prepared once, and never mistaken for others."""

import gc

import numpy as np
import pytest
import torch

from painter_kit.inference import queries
from painter_kit.inference.canvas import resize_opencv, resize_picture, to_tensor
from painter_kit.inference.queries import Queries
from painter_kit.types import Coding, Spec

CPU = torch.device("cpu")
BYTES = 16 * 16 * 3


def picture(seed: int, frozen: bool = True) -> np.ndarray:
    made = np.random.default_rng(seed).integers(0, 256, (20, 24, 3), dtype=np.uint8)
    made.setflags(write=not frozen)
    return made


@pytest.fixture
def resizes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The identity of every picture that was resized."""
    seen = []

    def noting(image, side, resize):
        seen.append(id(image))
        return resize_picture(image, side, resize)

    monkeypatch.setattr(queries, "resize_picture", noting)
    return seen


def expected(*pictures: np.ndarray) -> torch.Tensor:
    return to_tensor(np.stack([resize_picture(p, 16, "bicubic") for p in pictures]), CPU)


def test_what_lives_on_is_prepared_once(resizes: list[int]):
    cache, shown = Queries(), [picture(0), picture(1)]
    for _ in range(3):
        assert torch.equal(cache.prepare(shown, 16, None, CPU), expected(*shown))
    assert resizes == [id(p) for p in shown]
    assert cache.used == 2 * BYTES
    cache.prepare(shown, 8, None, CPU)  # another side is another entry
    assert len(resizes) == 4


def test_what_can_be_changed_is_prepared_anew():
    cache, shown = Queries(), picture(0, frozen=False)
    before = cache.prepare([shown], 16, None, CPU)
    shown[:] = 255 - shown
    after = cache.prepare([shown], 16, None, CPU)
    assert not torch.equal(before, after)
    assert torch.equal(after, expected(shown))
    assert cache.used == 0


def test_what_is_gone_is_forgotten():
    cache = Queries()
    for seed in range(50):  # new arrays take the place, and the number, of old ones
        shown = picture(seed)
        assert torch.equal(cache.prepare([shown], 16, None, CPU), expected(shown))
        del shown
    gc.collect()
    assert cache.used == 0


def test_the_first_ones_stay_when_there_is_no_more_room(resizes: list[int]):
    cache, shown = Queries(limit=2 * BYTES + 1), [picture(seed) for seed in range(3)]
    for _ in range(2):
        cache.prepare(shown, 16, None, CPU)
    assert resizes == [id(shown[i]) for i in (0, 1, 2, 2)]
    assert cache.used == 2 * BYTES


def test_the_filter_of_the_spec_counts():
    cache, shown = Queries(), picture(0)
    made = {}
    for name in ("image", "opencv"):
        spec = Spec("depth", "toys", 16, "rmse", "min", "m", Coding(), None, query_filter=name)
        made[name] = cache.prepare([shown], 16, spec, CPU)
    assert not torch.equal(made["image"], made["opencv"])
    assert torch.equal(made["opencv"], to_tensor(resize_opencv(shown, 16)[None], CPU))
