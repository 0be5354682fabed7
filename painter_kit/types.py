"""The values that flow through the toolkit.

Shape legend, used everywhere: B batch, H W picture rows and columns, h w token rows and
columns, C channels, K classes or keypoints, N instances or examples, S side of the square
sub-image; a canvas is 2S x S, prompt above query.

Pictures outside the network are uint8 ``(H, W, 3)`` RGB. Painted outputs are float32 on the
0..1 scale, not clipped. Depth is in metres, points are (x, y) in pixels, sizes are (H, W).
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Generic, Literal, Protocol, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

Image: TypeAlias = npt.NDArray[np.uint8]
Size: TypeAlias = tuple[int, int]
RGB: TypeAlias = tuple[int, int, int]
Truth: TypeAlias = Mapping[str, np.ndarray]
Direction: TypeAlias = Literal["min", "max"]
Resize: TypeAlias = Literal["nearest", "bilinear", "bicubic"]
# What the colours of a target stand for, as SegGPT's two type tokens tell it: a class, or one thing
# of a kind. A choice of "auto" leaves it to the task.
SegmentType: TypeAlias = Literal["semantic", "instance"]
SegmentChoice: TypeAlias = Literal["auto", "semantic", "instance"]
# What a model painted for one example: float32 (S, S, 3) on the 0..1 scale, not clipped; of a
# task with views float32 (V, S, S, 3); of a task with parts one of these per part.
Painted: TypeAlias = "npt.NDArray[np.floating] | Mapping[str, Painted]"

P = TypeVar("P")


def digest_json(value: object) -> str:
    """SHA-256 (hex, 64 characters) of the canonical JSON form of plain data."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def digest_arrays(arrays: Mapping[str, np.ndarray]) -> str:
    """SHA-256 of named arrays: names, dtypes, shapes and contents, in order of name."""
    sha = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        sha.update(f"{name}|{array.dtype.str}|{array.shape}|".encode())
        sha.update(array.tobytes())
    return sha.hexdigest()


def check_image(image: np.ndarray, what: str) -> None:
    """Raise ``ValueError`` unless ``image`` is a non-empty uint8 (H, W, 3) picture."""
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise ValueError(f"{what} must be uint8 (H, W, 3) but got {image.dtype} {image.shape}")


@dataclass(frozen=True)
class Coding:
    """Which colour means what in a painted target.

    ``palette``: one colour per class (semantic), (background, foreground) for foreground, the
    class colours of keypoints (red unused). ``ramp``: colours of the nearest and the farthest
    value of ``span`` (metres for depth). Tasks read the fields that they need.
    """

    palette: tuple[RGB, ...] = ()
    ramp: tuple[RGB, RGB] = ((0, 0, 0), (255, 255, 255))
    span: tuple[float, float] = (0.0, 10.0)

    def to_json(self) -> dict[str, Any]:
        """Plain lists and numbers; ``from_json`` is the inverse."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Coding:
        """The coding that ``to_json`` wrote."""
        palette = tuple(_rgb(c) for c in value["palette"])
        low, high = value["ramp"]
        near, far = (float(end) for end in value["span"])
        if not math.isfinite(near) or not math.isfinite(far) or near == far:
            raise ValueError(f"span must be two finite numbers but got {near} and {far}")
        return cls(palette, (_rgb(low), _rgb(high)), (near, far))


def _rgb(value: Sequence[int]) -> RGB:
    r, g, b = value
    if not all(isinstance(level, int) and 0 <= level <= 255 for level in (r, g, b)):
        raise ValueError("a colour must be three whole numbers of 0 to 255")
    return r, g, b


@dataclass(frozen=True)
class Spec(Generic[P]):
    """What a dataset tells a task; frozen, with a digest that keys every stored Record.

    ``data`` names the dataset, ``canvas`` is S in pixels. ``metric`` is the primary metric,
    a key of ``task.summarise``; ``direction`` says whether less or more is better; ``unit`` is
    printed beside values. ``image_resize`` and ``target_resize`` bring pictures to S x S
    (antialiased, PIL), ``output_resize`` brings painted outputs back (not antialiased).
    ``query_filter`` "opencv" resizes queries, and only them, as OpenCV's bilinear filter does in
    float32 (not antialiased). ``parts`` are the specs of the parts of a task that has them, by
    name. ``protocol`` holds the constants that only this task knows (a frozen dataclass defined in
    the task's module). ``version`` counts changes of the metric's meaning.
    """

    task: str
    data: str
    canvas: int
    metric: str
    direction: Direction
    unit: str
    coding: Coding
    protocol: P
    image_resize: Resize = "bicubic"
    target_resize: Resize = "bicubic"
    output_resize: Resize = "bilinear"
    query_filter: Literal["image", "opencv"] = "image"
    classes: tuple[str, ...] = ()
    parts: tuple[tuple[str, Spec[Any]], ...] = ()
    version: int = 1

    @property
    def digest(self) -> str:
        """SHA-256 of every field, protocol constants included."""
        return digest_json({**asdict(self), "protocol_type": type(self.protocol).__name__})

    def with_coding(self, coding: Coding) -> Spec[P]:
        """The same spec under another coding (a prompt's own)."""
        return replace(self, coding=coding)

    def part(self, name: str) -> Spec[Any]:
        """The spec of one part; its ``task`` names the task that paints it."""
        return dict(self.parts)[name]


@dataclass(frozen=True, eq=False)
class Example:
    """One picture with ground truth.

    ``group`` is what splits and intervals respect (scene, source image). ``coding`` overrides
    the spec's when this example's painted target uses colours of its own (foreground). ``views``
    are further pictures that the task paints in its place or beside it (crops of persons).
    """

    id: str
    group: str
    image: Image
    truth: Truth
    coding: Coding | None = None
    views: tuple[Image, ...] = ()

    def __post_init__(self) -> None:
        check_image(self.image, f"image of example {self.id!r}")
        for view in self.views:
            check_image(view, f"view of example {self.id!r}")

    @property
    def digest(self) -> str:
        """SHA-256 of pictures and truth (not of the name)."""
        named = {f"truth.{k}": v for k, v in self.truth.items()}
        views = {f"view.{i:04d}": view for i, view in enumerate(self.views)}
        return digest_arrays({"image": self.image, **named, **views})


class Examples(Protocol):
    """A lazily loaded sequence of examples whose ids and groups are known without loading."""

    @property
    def ids(self) -> Sequence[str]:
        """Unique names, in order."""
        ...

    @property
    def groups(self) -> Sequence[str]:
        """Group of every example, in order."""
        ...

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Example: ...

    def __iter__(self) -> Iterator[Example]: ...


@dataclass(frozen=True)
class Subset:
    """A selection of an ``Examples`` sequence, in the order of ``indices``."""

    source: Examples
    indices: tuple[int, ...]

    @property
    def ids(self) -> Sequence[str]:
        """Unique names, in order."""
        ids = self.source.ids  # asked for once: it may be made anew at every call
        return [ids[i] for i in self.indices]

    @property
    def groups(self) -> Sequence[str]:
        """Group of every example, in order."""
        groups = self.source.groups
        return [groups[i] for i in self.indices]

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int, /) -> Example:
        return self.source[self.indices[index]]

    def __iter__(self) -> Iterator[Example]:
        return (self.source[i] for i in self.indices)


@dataclass(frozen=True, eq=False)
class Pair:
    """A picture and its painted target, equal in size, with the coding of the target."""

    image: Image
    target: Image
    coding: Coding

    def __post_init__(self) -> None:
        check_image(self.image, "image of a pair")
        check_image(self.target, "target of a pair")
        if self.image.shape != self.target.shape:
            raise ValueError(
                f"image {self.image.shape} and target {self.target.shape} must have equal sizes"
            )

    @property
    def digest(self) -> str:
        """SHA-256 of both pictures' pixels and the coding."""
        pixels = digest_arrays({"image": self.image, "target": self.target})
        return digest_json([pixels, self.coding.to_json()])


@dataclass(frozen=True)
class Record:
    """Sufficient statistic of one example, or of a sum of examples.

    ``values`` float64 (D,) adds; ``stratum`` names a part whose averages ``summarise`` averages
    again (a deraining set); ``payload`` keeps what does not add (detections, for AP).
    """

    values: npt.NDArray[np.float64]
    stratum: str = ""
    payload: bytes | None = field(default=None, compare=False)


def sum_records(records: Sequence[Record]) -> Record:
    """The Record of all: values added in order, strata and payloads dropped."""
    if not records:
        raise ValueError("records must not be empty")
    return Record(np.asarray(np.sum([r.values for r in records], axis=0, dtype=np.float64)))


class Reporter(Protocol):
    """Where libraries report to; ``silent`` ignores everything."""

    def params(self, values: Mapping[str, object]) -> None:
        """Settings, written once."""

    def metrics(self, values: Mapping[str, float], step: int | None = None) -> None:
        """Finite numbers, as a series when ``step`` is given."""

    def image(self, key: str, image: Image, step: int | None = None) -> None:
        """A uint8 (H, W, 3) picture under an ASCII key."""

    def table(self, name: str, rows: Sequence[Mapping[str, object]]) -> None:
        """A table, written once under a file name such as ``per_image.json``."""

    def artifact(self, path: Path, folder: str = "") -> None:
        """A file or a folder kept with the run."""

    def data(self, name: str, digest: str, role: str, facts: Mapping[str, object]) -> None:
        """Examples that were read: whose, which by digest, what for, and plain facts of them."""

    def note(self, text: str) -> None:
        """Markdown for people who open the run."""

    def tags(self, values: Mapping[str, str]) -> None:
        """Labels that runs are found by."""


class SilentReporter:
    """A Reporter that does nothing."""

    def params(self, values: Mapping[str, object]) -> None:
        """Ignored."""

    def metrics(self, values: Mapping[str, float], step: int | None = None) -> None:
        """Ignored."""

    def image(self, key: str, image: Image, step: int | None = None) -> None:
        """Ignored."""

    def table(self, name: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Ignored."""

    def artifact(self, path: Path, folder: str = "") -> None:
        """Ignored."""

    def data(self, name: str, digest: str, role: str, facts: Mapping[str, object]) -> None:
        """Ignored."""

    def note(self, text: str) -> None:
        """Ignored."""

    def tags(self, values: Mapping[str, str]) -> None:
        """Ignored."""


silent = SilentReporter()
