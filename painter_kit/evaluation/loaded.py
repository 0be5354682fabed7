"""Examples that are asked for again and again, read or rendered once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from painter_kit.types import Example, Examples, Subset, digest_json

KEEP_BYTES = 1 << 30


class Loaded:
    """An ``Examples`` that keeps what it has loaded, up to ``keep_bytes`` of arrays.

    What comes after the limit is loaded again each time (passes over a split are sequential, so
    keeping the first ones serves better than keeping the latest). Digests are always kept.
    """

    def __init__(self, source: Examples, keep_bytes: int = KEEP_BYTES) -> None:
        self._source = source
        self._ids = tuple(source.ids)
        self._groups = tuple(source.groups)
        self._kept: dict[int, Example] = {}
        self._digests: dict[int, str] = {}
        self._room = keep_bytes

    @property
    def ids(self) -> Sequence[str]:
        """Unique names, in order."""
        return self._ids

    @property
    def groups(self) -> Sequence[str]:
        """Group of every example, in order."""
        return self._groups

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[Example]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: int, /) -> Example:
        if not 0 <= index < len(self):
            raise IndexError(f"index must be between 0 and {len(self) - 1} but got {index}")
        if index in self._kept:
            return self._kept[index]
        example = self._source[index]
        arrays = (example.image, *example.views, *example.truth.values())
        size = sum(array.nbytes for array in arrays)
        if size <= self._room:
            self._room -= size
            self._kept[index] = example
            for picture in (example.image, *example.views):
                picture.setflags(write=False)  # so that others may keep what they make of it
        return example

    def knows(self, index: int) -> bool:
        """Whether the digest of an example is known, so that it need not be loaded for it."""
        return index in self._digests

    def remember(self, index: int, digest: str) -> None:
        """Be told the digest of an example that somebody else has loaded."""
        self._digests[index] = digest

    def digest(self, index: int) -> str:
        """``Example.digest`` of one example, computed once."""
        if index not in self._digests:
            self._digests[index] = self[index].digest
        return self._digests[index]


def loaded(examples: Examples) -> Loaded:
    """``examples`` itself if it is loaded already, else wrapped."""
    return examples if isinstance(examples, Loaded) else Loaded(examples)


def example_digest(examples: Examples, index: int) -> str:
    """Digest of one example, without loading it again where it is known."""
    if isinstance(examples, Subset):
        return example_digest(examples.source, examples.indices[index])
    return examples.digest(index) if isinstance(examples, Loaded) else examples[index].digest


def describe_examples(examples: Examples) -> tuple[str, dict[str, object]]:
    """SHA-256 of the examples in order, and what is known of them without loading any anew.

    The digest is of their ids and contents where digests are kept, else of their ids alone.
    """
    known = _remembers(examples)
    contents = [example_digest(examples, i) for i in range(len(examples))] if known else []
    facts = {
        "examples": len(examples),
        "groups": len(set(examples.groups)),
        "digest of": "ids and contents" if known else "ids",
    }
    return digest_json([list(examples.ids), contents]), facts


class Block:
    """Examples ``start`` to ``stop`` (exclusive), each loaded at most once, and only if needed."""

    def __init__(self, examples: Examples, start: int, stop: int) -> None:
        self._examples, self._start, self._stop = examples, start, stop
        self._held: dict[int, Example] = {}
        self._digests: dict[int, str] = {}
        self.ids = tuple(examples.ids[start:stop])

    def __len__(self) -> int:
        return self._stop - self._start

    def __getitem__(self, place: int) -> Example:
        if place not in self._held:
            self._held[place] = self._examples[self._start + place]
        return self._held[place]

    @property
    def is_told(self) -> bool:
        """Whether all digests are known without loading anything."""
        return all(
            place in self._digests or _knows(self._examples, self._start + place)
            for place in range(len(self))
        )

    def remember(self, digests: Sequence[str]) -> None:
        """Be told the digests of all examples, for as long as the examples remember them."""
        for place, digest in enumerate(digests):
            self._digests[place] = digest
            _remember(self._examples, self._start + place, digest)

    def digest(self, place: int) -> str:
        """``Example.digest`` of one example."""
        if place in self._digests:
            return self._digests[place]
        if _remembers(self._examples):
            return example_digest(self._examples, self._start + place)
        return self[place].digest


def _remembers(examples: Examples) -> bool:
    """Whether digests are kept from one time to the next."""
    return isinstance(examples, Loaded) or (
        isinstance(examples, Subset) and _remembers(examples.source)
    )


def _knows(examples: Examples, index: int) -> bool:
    if isinstance(examples, Subset):
        return _knows(examples.source, examples.indices[index])
    return isinstance(examples, Loaded) and examples.knows(index)


def _remember(examples: Examples, index: int, digest: str) -> None:
    if isinstance(examples, Subset):
        _remember(examples.source, examples.indices[index], digest)
    elif isinstance(examples, Loaded):
        examples.remember(index, digest)


def window(examples: Examples, start: int, stop: int) -> Subset:
    """Examples ``start`` to ``stop`` (exclusive)."""
    return Subset(examples, tuple(range(start, stop)))
