"""Pictures of what a model in training paints."""

from pathlib import Path

import numpy as np
import torch

from painter_kit.training.loop import Trainer
from painter_kit.training.run import _pictures
from painter_kit.training.samples import FIRST, paint_samples, sample_episodes
from painter_kit.types import SilentReporter, silent
from tests.training_toys import SETTINGS, TINY, Flat, flat_batches


def test_a_few_fixed_episodes_of_every_task():
    episodes = sample_episodes(Flat(), per_task=2)
    assert list(episodes) == ["invert", "red"]
    assert [len(e) for e in episodes.values()] == [2, 2]
    first = Flat().episode(FIRST)
    np.testing.assert_array_equal(episodes["invert"][0].images, first.images)


def test_rows_show_prompt_query_truth_and_painted():
    torch.manual_seed(0)
    episodes = sample_episodes(Flat(), per_task=3)
    pictures = paint_samples(TINY.build(), episodes)
    assert list(pictures) == ["invert", "red"]
    sheet = pictures["red"]
    assert sheet.dtype == np.uint8
    assert sheet.shape == (3 * 32 + 2 * 2, 5 * 32 + 4 * 2, 3)
    episode = episodes["red"][1]
    shown = [sheet[34:66:2, 34 * i : 34 * i + 32 : 2] for i in range(4)]
    wanted = [episode.images[0], episode.targets[0], episode.images[1], episode.targets[1]]
    for ours, expected in zip(shown, wanted, strict=True):
        np.testing.assert_array_equal(ours, expected)


def test_are_reported_at_every_save(tmp_path: Path):
    class Kept(SilentReporter):
        seen: list = []  # noqa: RUF012

        def image(self, key, image, step=None) -> None:
            self.seen.append((key, step))

    class Loud:
        """A reporter that is not silent."""

        def __init__(self) -> None:
            self.kept = Kept()

        def __getattr__(self, name: str):
            return getattr(self.kept, name)

    loud = Loud()
    torch.manual_seed(0)
    show = _pictures(Flat(), loud)  # pyright: ignore
    Trainer(TINY.build(), flat_batches(), SETTINGS, tmp_path, on_save=show).run()
    assert loud.kept.seen == [
        (f"samples_{task}", step) for step in (2, 4) for task in ("invert", "red")
    ]


def test_nobody_paints_for_nobody():
    class Refusing(Flat):
        def episode(self, index: int):
            raise AssertionError("nobody looks")

    _pictures(Refusing(), silent)(TINY.build(), 1)
