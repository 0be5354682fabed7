"""Arrays in the files of MATLAB (version 5 and HDF5) and of NumPy, of the wrong kind or shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

import numpy as np

from benchmarks.bad_input.raw import cut, flipped
from benchmarks.bad_input.strange import Rng, pick, strange

Arrays = Mapping[str, Any]


def changed(rng: Rng, array: Any) -> Any:
    """An array of another kind, shape or content."""
    kinds = ["float64", "int8", "uint16", "complex64", "bool", "U3"]
    changes: list[Callable[[Any], Any]] = [
        lambda a: a.astype(pick(rng, kinds)),
        lambda a: a.reshape(-1),
        lambda a: a.T,
        lambda a: a[:0],
        lambda a: a[..., :1],
        lambda a: a[None],
        lambda a: np.concatenate([a, a]),
        lambda a: np.full(a.shape, np.nan),
        lambda a: np.full(a.shape, -1, np.int64),
        lambda a: np.full(a.shape, 2**40, np.int64),
        lambda a: np.zeros((0,) * a.ndim, a.dtype),
        lambda a: np.zeros((1,) * 12, a.dtype),
        lambda a: np.float64(np.inf),
    ]
    found = np.asarray(array)
    try:
        return pick(rng, changes)(found)
    except (ValueError, TypeError, IndexError):
        return np.zeros(3)


def _renamed(rng: Rng, arrays: Arrays) -> dict[str, Any]:
    """One array changed, lost, or under another name."""
    made = dict(arrays)
    name = pick(rng, list(made))
    if rng.random() < 0.75:
        made[name] = changed(rng, made[name])
        return made
    held = made.pop(name)
    return made if rng.random() < 0.5 else {**made, f"{name}x": held}


def of_mat5(rng: Rng, content: bytes) -> bytes:
    """A file of MATLAB 5 with other variables."""
    from scipy.io import loadmat, savemat

    kept = loadmat(BytesIO(content))
    arrays = {name: value for name, value in kept.items() if not name.startswith("__")}
    name, file = pick(rng, list(arrays)), BytesIO()
    kind = int(rng.integers(0, 10))
    if kind < 6:
        arrays = _renamed(rng, arrays)
    elif kind == 6:
        arrays[name] = {"a": arrays[name], "b": {"c": [1, 2]}}
    elif kind == 7:
        arrays[name] = np.array([arrays[name], "text", None], object)
    elif kind == 8:
        arrays[name] = "text"
    else:
        return _in_the_header(rng, content)
    arrays = {key: value for key, value in arrays.items() if value is not None}
    savemat(file, arrays or {"empty": 0}, do_compression=bool(rng.integers(0, 2)))
    return file.getvalue()


def _in_the_header(rng: Rng, content: bytes) -> bytes:
    """Types, flags and lengths are in the first bytes of every element."""
    changed = bytearray(content)
    for _ in range(int(rng.integers(1, 4))):
        place = int(rng.integers(116, min(len(changed), 260) - 4))
        changed[place : place + 4] = pick(
            rng, [b"\xff" * 4, b"\0" * 4, b"\x0f\0\0\0", rng.bytes(4)]
        )
    return bytes(changed)


def of_hdf5(rng: Rng, content: bytes) -> bytes:
    """An HDF5 file whose names lead to other things."""
    import h5py

    file = BytesIO(content)
    with h5py.File(file, "r+") as held:
        name = pick(rng, [n for n in map(str, held) if not n.startswith("#")])
        old: Any = held[name]
        value = old[()]
        del held[name]
        _put(rng, held, name, value)
    return file.getvalue()


def _put(rng: Rng, held: Any, name: str, value: Any) -> None:
    import h5py

    kind = int(rng.integers(0, 11))
    if kind < 4:
        plain = value.dtype != object
        made = changed(rng, value) if plain else np.zeros(pick(rng, [(1, 2), (3,), ()]))
        held[name] = made.astype("S3") if made.dtype.kind == "U" else made
    elif kind == 4:
        held.create_group(name)["a"] = 1
    elif kind == 5:
        held[name] = h5py.SoftLink(pick(rng, [f"/{name}", "/nothing", "/"]))
    elif kind == 6:
        held[name] = h5py.ExternalLink("../outside.h5", f"/{name}")
    elif kind == 7:
        shape = tuple(pick(rng, [10**6, 10**9]) for _ in value.shape[:1]) + value.shape[1:]
        held.create_dataset(name, shape, value.dtype, chunks=True)
    elif kind == 8:
        held.create_dataset(name, value.shape, "u1", external=[("../outside.png", 0, value.size)])
    elif kind == 9:
        held.create_dataset(name, value.shape, h5py.ref_dtype)
    else:
        held[name] = np.array(str(strange(rng))[:50].replace("\0", "").encode(errors="replace"))


def of_npy(rng: Rng, content: bytes) -> bytes:
    """A single array of another kind, or a header that promises another."""
    file = BytesIO()
    if rng.random() < 0.4:
        shape = pick(rng, [b"(9999999999999,)", b"(-1,)", b"()", b"(1,1,1,1)", b"__import__('os')"])
        start = content.find(b"(")
        return content[:start] + shape + content[content.find(b")", start) + 1 :]
    array = np.load(BytesIO(content), allow_pickle=False)
    held = np.array([{"a": 1}], object) if rng.random() < 0.2 else changed(rng, array)
    np.save(file, held, allow_pickle=True)
    return file.getvalue()


def of_npz(rng: Rng, content: bytes) -> bytes:
    """An archive of arrays with other members."""
    file = BytesIO()
    with np.load(BytesIO(content), allow_pickle=False) as held:
        arrays = {name: held[name] for name in held.files}
    if rng.random() < 0.2:
        arrays[pick(rng, list(arrays))] = np.array([{"a": 1}], object)
    else:
        arrays = _renamed(rng, arrays)
    np.savez_compressed(file, **arrays)
    made = file.getvalue()
    return pick(rng, [cut, flipped])(rng, made) if rng.random() < 0.2 else made
