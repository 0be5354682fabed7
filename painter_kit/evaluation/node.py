"""Pictures that the processes of one machine decode once between them."""

from __future__ import annotations

import json
import logging
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import numpy as np

from painter_kit.distributed import barrier, from_first
from painter_kit.evaluation.claims import Claims
from painter_kit.evaluation.loaded import KEEP_BYTES
from painter_kit.files import atomic
from painter_kit.types import Coding, Example, Examples

log = logging.getLogger(__name__)

Share = Callable[[Examples], Examples]


def local_world_size() -> int:
    """How many processes of the group run on this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1"))


@contextmanager
def node_share(keep_bytes: int = KEEP_BYTES) -> Iterator[Share]:
    """What makes examples such that a machine's processes decode each of them once.

    All processes enter, and call it on the same examples in the same order. What is decoded lies
    in a temporary folder of the machine until the end, up to ``keep_bytes`` for each call. Alone
    on a machine, or without torchrun, a process gets its examples back as they are.
    """
    name = from_first(lambda: f"painterkit-{uuid4().hex}")
    size = local_world_size()
    if size == 1:
        yield lambda examples: examples
        return
    top, made = Path(tempfile.gettempdir()) / name, list[OncePerNode]()

    def share(examples: Examples) -> Examples:
        folder = top / str(len(made))
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        made.append(OncePerNode(examples, folder, keep_bytes // size))
        return made[-1]

    try:
        yield share
        barrier()
    finally:
        for one in made:
            one.close()
        if os.environ.get("LOCAL_RANK", "0") == "0":
            shutil.rmtree(top, ignore_errors=True)


class OncePerNode:
    """An ``Examples`` whose arrays are read from ``folder`` once some process has put them there.

    A process puts at most ``most_bytes`` there. Who wants what another one is decoding waits.
    """

    def __init__(self, source: Examples, folder: Path, most_bytes: int = KEEP_BYTES) -> None:
        self._source, self._folder, self._room = source, folder, most_bytes
        self._claims: Claims | None = Claims(folder)

    @property
    def ids(self) -> Sequence[str]:
        """Those of the examples."""
        return self._source.ids

    @property
    def groups(self) -> Sequence[str]:
        """Those of the examples."""
        return self._source.groups

    def __len__(self) -> int:
        return len(self._source)

    def __iter__(self) -> Iterator[Example]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: int, /) -> Example:
        path = self._folder / f"{index}.npz"
        example = read_example(path)
        if example is not None:
            return example
        if self._claims is None:
            return self._source[index]
        with self._claims.held([index.to_bytes(16, "big")]):
            example = read_example(path)
            if example is None:
                example = self._source[index]
                self._put(path, example)
        return example

    def _put(self, path: Path, example: Example) -> None:
        arrays = arrays_of(example)
        size = sum(array.nbytes for array in arrays.values())
        if size > self._room or any(array.dtype.hasobject for array in arrays.values()):
            return
        try:
            with atomic(path) as temporary:
                np.savez(temporary, **arrays)  # pyright: ignore[reportArgumentType]
            self._room -= size
        except OSError as error:  # the folder is full or gone: each decodes for itself
            log.debug("%s: %s", path, error)
            self._room = 0

    def close(self) -> None:
        """Share no more: what the folder lacks from now on, each process decodes for itself."""
        if self._claims:
            self._claims.close()
        self._claims = None


def arrays_of(example: Example) -> dict[str, np.ndarray]:
    """Everything of an example as arrays by name; ``read_example`` is the inverse."""
    coding = example.coding and example.coding.to_json()
    about = json.dumps({"id": example.id, "group": example.group, "coding": coding})
    views = {f"view.{number:04d}": view for number, view in enumerate(example.views)}
    truth = {f"truth.{name}": np.asarray(value) for name, value in example.truth.items()}
    return {"about": np.array(about), "image": example.image, **views, **truth}


def read_example(path: Path) -> Example | None:
    """The example in a file of ``arrays_of``; None where there is none."""
    try:
        with np.load(path, allow_pickle=False) as found:
            arrays = {name: found[name] for name in found.files}
    except (OSError, ValueError, zipfile.BadZipFile, EOFError):
        return None
    about = json.loads(str(arrays["about"]))
    coding = about["coding"] and Coding.from_json(about["coding"])
    truth = {n.removeprefix("truth."): a for n, a in arrays.items() if n.startswith("truth.")}
    views = tuple(arrays[name] for name in sorted(arrays) if name.startswith("view."))
    return Example(about["id"], about["group"], arrays["image"], truth, coding or None, views)
