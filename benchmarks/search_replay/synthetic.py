"""Score matrices whose variance components are known, because they are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from benchmarks.search_replay.matrices import Matrix
from painter_kit.evaluation.order import generator

Tail = Literal["normal", "heavy"]


@dataclass(frozen=True)
class Synthetic:
    """score = prompt + image + interaction, in units of the interaction's deviation.

    ``prompt_sd`` and ``image_sd`` are deviations of normal effects. ``heavy`` draws interactions
    from Student's t with 3 degrees of freedom (scaled to variance 1) and makes some images
    several times noisier than others. With ``clusters``, candidates of a cluster share
    half of their effect's variance and of their interactions', as pictures of one scene do.
    ``copies``: all candidates are the same one.
    """

    name: str
    prompt_sd: float
    image_sd: float = 2.0
    tail: Tail = "normal"
    clusters: int = 0
    copies: bool = False
    candidates: int = 512
    select: int = 512
    test: int = 256

    def draw(self, seed: int) -> Matrix:
        """One matrix; another one for every seed."""
        rng = generator(seed, "synthetic", self.name)
        member = rng.integers(0, max(1, self.clusters), self.candidates)
        effect = self._shared(rng, member, 1) * self.prompt_sd
        select, test = (self._table(rng, member, effect, n) for n in (self.select, self.test))
        return Matrix(self.name, select, test)

    def _table(
        self,
        rng: np.random.Generator,
        member: npt.NDArray[np.int64],
        effect: npt.NDArray[np.float64],
        images: int,
    ) -> npt.NDArray[np.float64]:
        if self.copies:
            return np.tile(rng.normal(0, self.image_sd, images), (self.candidates, 1))
        rest = self._shared(rng, member, images)
        if self.tail == "heavy":
            rest = rng.standard_t(3, (self.candidates, images)) / np.sqrt(3)
            noisier = np.exp(rng.normal(0, 0.5, images))
            rest *= noisier / np.sqrt((noisier**2).mean())
        return effect + rng.normal(0, self.image_sd, images) + rest

    def _shared(
        self, rng: np.random.Generator, member: npt.NDArray[np.int64], columns: int
    ) -> npt.NDArray[np.float64]:
        """Normal (candidates, columns) of deviation 1, half of the variance the clusters'."""
        own = rng.normal(size=(self.candidates, columns))
        if not self.clusters:
            return own
        common = rng.normal(size=(self.clusters, columns))
        return np.sqrt(0.5) * (own + common[member])


FAMILIES = (
    Synthetic("small", 0.12),
    Synthetic("middle", 0.2),
    Synthetic("large", 0.4),
    Synthetic("heavy tails", 0.2, tail="heavy"),
    Synthetic("clusters", 0.2, clusters=32),
    Synthetic("identical", 0.0),
    Synthetic("copies", 0.0, copies=True),
)
