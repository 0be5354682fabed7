"""How alike pictures and pairs are: to find near-copies and to spread candidates, never to judge.

A picture is described by its 8 x 8 thumbnail less the mean colour, at unit length; a pair by the
thumbnails of picture, target and the absolute difference of both. The cosine of two pairs is then
the mean of three: pictures of one scene under other labels, colours, noise or rain are different
prompts. Nothing is forwarded, and no weights matter.

Measured on 150 scenes of the world (``benchmarks/likeness.py``): copies that were recompressed
(JPEG 30 and 75), made noisy (sd 8), resized by 3/4 or brightened by 15 % have pictures of cosine
0.977 at least, and other scenes 0.86 at most, as pairs 0.85. Hence the limit of 0.97.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from painter_kit.types import Example, Examples, Image, Pair, digest_arrays

SIDE = 8
NEAR = 0.97
FLAT = 1e-3  # of a thumbnail's length, in levels: below, a picture shows nothing to compare

Floats = npt.NDArray[np.float32]


def thumbnail(picture: npt.NDArray[np.number]) -> Floats:
    """float32 (192,) of unit length: what (H, W, 3) shows, whatever its size and mean colour.

    Zeros, which resemble nothing, for a picture of one colour.
    """
    import cv2

    small = cv2.resize(picture.astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    small = small - small.mean((0, 1))
    length = float(np.linalg.norm(small))
    return (small / length if length > FLAT else np.zeros_like(small)).ravel().astype(np.float32)


def pair_features(pair: Pair) -> Floats:
    """float32 (576,): thumbnails of picture, target and their difference; inner products of two
    are at most 1."""
    difference = np.abs(pair.image.astype(np.int16) - pair.target)
    shown = [thumbnail(picture) for picture in (pair.image, pair.target, difference)]
    return np.concatenate(shown) / np.float32(np.sqrt(len(shown)))


@dataclass(frozen=True)
class Shown:
    """Pictures that are painted as queries, to find them again among prompts.

    ``digests`` are those of their pixels, ``features`` float32 (Q, 192) their thumbnails.
    """

    digests: frozenset[str]
    features: Floats

    @classmethod
    def of(cls, *sets: Examples) -> Shown:
        """The pictures of these examples and their views."""
        return cls.of_pictures(p for examples in sets for e in examples for p in _pictures(e))

    @classmethod
    def of_pictures(cls, pictures: Iterable[Image]) -> Shown:
        """These pictures, uint8 (H, W, 3) each."""
        told = [(picture_digest(picture), thumbnail(picture)) for picture in pictures]
        features = np.array([f for _, f in told], np.float32).reshape(-1, 3 * SIDE**2)
        return cls(frozenset(digest for digest, _ in told), features)

    def like(self, picture: Image, near: float = NEAR) -> str:
        """How ``picture`` is among them: ``a copy``, ``a near-copy`` (cosine above ``near``; 1
        finds none) or not at all (empty)."""
        if picture_digest(picture) in self.digests:
            return "a copy"
        if near < 1 and (self.features @ thumbnail(picture) > near).any():
            return "a near-copy"
        return ""


class Watched:
    """``examples`` as they are; ``alike`` names those that were loaded and show the prompt's own
    picture, or one near to it, with how near."""

    def __init__(self, examples: Examples, pictures: Iterable[Image]) -> None:
        self.alike: dict[str, str] = {}
        self._examples, self._shown = examples, Shown.of_pictures(pictures)

    @property
    def ids(self) -> Sequence[str]:
        """Those of the examples."""
        return self._examples.ids

    @property
    def groups(self) -> Sequence[str]:
        """Those of the examples."""
        return self._examples.groups

    def __len__(self) -> int:
        return len(self._examples)

    def __iter__(self) -> Iterator[Example]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: int, /) -> Example:
        example = self._examples[index]
        like = next(filter(None, map(self._shown.like, _pictures(example))), "")
        if like:
            self.alike[example.id] = like
        return example


def _pictures(example: Example) -> tuple[Image, ...]:
    return example.image, *example.views


def picture_digest(picture: Image) -> str:
    """What a picture is known by: its pixels."""
    return digest_arrays({"picture": picture})
