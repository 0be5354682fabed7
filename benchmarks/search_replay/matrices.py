"""Score matrices: every candidate on every select and test image, as values and as files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import numpy.typing as npt

from painter_kit.documents import parse_json
from painter_kit.errors import InputError
from painter_kit.evaluation.panel import Components, components
from painter_kit.files import atomic

Floats = npt.NDArray[np.float64]

LAYOUT = 1


def finite_mean(scores: Floats) -> float:
    """The mean of candidates' scores, infinitely bad ones left out."""
    return float(scores[np.isfinite(scores)].mean())


@dataclass(frozen=True, eq=False)
class Matrix:
    """Scores of N candidates, higher is better: ``select`` (N, M) and ``test`` (N, T), float64.

    ``counts`` are further arrays, by name, with what the dataset-level metric is made of;
    ``about`` is plain data: task, data, metric, unit, model, cost.
    """

    name: str
    select: Floats
    test: Floats
    counts: Mapping[str, np.ndarray] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.select.ndim != 2 or len(self.select) != len(self.test):
            shapes = f"{self.select.shape} and {self.test.shape}"
            raise ValueError(f"select and test must have equal candidates but got {shapes}")

    @cached_property
    def components(self) -> Components:
        """Deviations of prompts, images and the rest on select; infinitely bad scores left out."""
        return components(self.select[np.isfinite(self.select).all(1)])

    @property
    def ratio(self) -> float:
        """Prompt deviation over residual deviation."""
        found = self.components
        return found.prompt_sd / found.interaction_sd if found.interaction_sd else np.inf

    @property
    def headroom(self) -> float:
        """How far the best mean score on select lies above all, in prompt deviations."""
        means, sd = self.select.mean(1), self.components.prompt_sd
        return float((means.max() - finite_mean(means)) / sd) if sd else 0.0

    @property
    def has_effect(self) -> bool:
        """Whether the deviation of prompts is distinguishable from zero (95 %)."""
        return self.components.prompt_sd_low > 0

    @property
    def digest(self) -> str:
        """What tells these scores from others, in hexadecimal digits."""
        return str(joblib.hash((self.select, self.test)))

    def shuffled(self, rng: np.random.Generator) -> Matrix:
        """The same table with candidates and select images in another order."""
        rows = rng.permutation(len(self.select))
        columns = rng.permutation(self.select.shape[1])
        return replace(self, select=self.select[rows][:, columns], test=self.test[rows], counts={})

    def save(self, path: Path) -> None:
        """Write as float16 around float32 image means, which keeps differences of prompts.

        Infinitely bad scores stay what they are.
        """
        parts: dict[str, np.ndarray] = {}
        for name, scores in (("select", self.select), ("test", self.test)):
            finite = np.where(np.isfinite(scores), scores, np.nan)
            known = np.isfinite(finite).any(0)
            means = np.zeros(scores.shape[1], np.float32)
            means[known] = np.nanmean(finite[:, known], axis=0)
            parts[f"{name}_image_means"] = means
            parts[f"{name}_scores"] = (scores - means).astype(np.float16)
        about = {"layout": LAYOUT, "name": self.name, **self.about}
        text = np.array(json.dumps(about, allow_nan=False))
        counts = {f"count_{name}": array for name, array in self.counts.items()}
        with atomic(path) as temporary:
            arrays: dict[str, Any] = {"about": text, **parts, **counts}
            np.savez_compressed(temporary, **arrays)

    @classmethod
    def load(cls, path: Path) -> Matrix:
        """Read what ``save`` wrote.

        Raises ``InputError`` for a file that is missing, damaged or of another layout.
        """
        try:
            if path.exists() and not path.is_file():
                raise ValueError("it is no regular file")
            with np.load(path, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            about = parse_json(str(arrays.pop("about")))
            if about.pop("layout") != LAYOUT:
                raise ValueError("another layout")
            select, test = (
                arrays[f"{name}_scores"].astype(np.float64) + arrays[f"{name}_image_means"]
                for name in ("select", "test")
            )
            counts = {n.removeprefix("count_"): a for n, a in arrays.items() if "count_" in n}
            if min(*select.shape, *test.shape) < 2:
                raise ValueError("fewer than two candidates or images")
            if np.isfinite(select).all(1).sum() < 2:
                raise ValueError("fewer than two candidates have a score on every image")
            return cls(about.pop("name"), select, test, counts, about)
        except FileNotFoundError:
            raise InputError(
                f"score matrix {path} does not exist; make it with "
                "'python -m benchmarks.search_replay make'"
            ) from None
        except Exception as error:  # a broken archive can fail in any way
            raise InputError(
                f"score matrix {path} cannot be read ({error}); delete it and make it again"
            ) from error
