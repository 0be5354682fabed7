"""Pictures of what a model in training paints: the same few episodes of every task each time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from painter_kit.inference.pictures import grid, to_picture
from painter_kit.inference.predictor import Predictor
from painter_kit.inference.prompt import Prompt
from painter_kit.model.painter import Painter
from painter_kit.training.batches import Episode, EpisodeSource
from painter_kit.types import Coding, Image, Pair

# Far beyond the numbers that training reaches, so that these episodes are not trained on.
FIRST = 2**31
_SCANNED = 64
_SCALE = 2


def sample_episodes(source: EpisodeSource, per_task: int = 3) -> dict[str, list[Episode]]:
    """Up to ``per_task`` fixed episodes of every task that is not too rare, by task."""
    found: dict[str, list[Episode]] = defaultdict(list)
    for index in range(FIRST, FIRST + _SCANNED):
        episode = source.episode(index)
        if len(found[episode.task]) < per_task:
            found[episode.task].append(episode)
    return dict(sorted(found.items()))


def paint_samples(model: Painter, episodes: Mapping[str, list[Episode]]) -> dict[str, Image]:
    """One picture per task; rows of prompt input, prompt target, query, truth and painted.

    Leaves the model in evaluation mode.
    """
    predictor = Predictor(model, batch_size=1)
    return {
        task: grid([_row(predictor, episode) for episode in chosen], _SCALE)
        for task, chosen in episodes.items()
    }


def _row(predictor: Predictor, episode: Episode) -> list[Image]:
    (prompt_image, query), (prompt_target, truth) = episode.images, episode.targets
    prompt = Prompt(Pair(prompt_image, prompt_target, Coding()), episode.task)
    painted = predictor.pictures(prompt, [np.asarray(query)])[0]
    return [prompt_image, prompt_target, query, truth, to_picture(painted)]
