"""One case: a valid input of a reader, with one or two of its files damaged."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Mapping
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

import numpy as np

from benchmarks.bad_input import arrays, raw, tables, texts, weights
from benchmarks.bad_input.pictures import of_picture
from benchmarks.bad_input.strange import Rng, as_json, damaged, pick
from benchmarks.bad_input.table import Reader

Sample = Mapping[str, bytes]


def _of_json(rng: Rng, content: bytes) -> bytes:
    return as_json(rng, damaged(rng, json.loads(content)))


def _of_json_lines(rng: Rng, content: bytes) -> bytes:
    if rng.random() < 0.3:
        return texts.of_lines(rng, content)
    lines = content.splitlines()
    place = int(rng.integers(0, len(lines)))
    lines[place] = _of_json(rng, lines[place])
    return b"\n".join(lines)


def _of_mat(rng: Rng, content: bytes) -> bytes:
    hdf5 = content[:8] == b"\x89HDF\r\n\x1a\n"
    return arrays.of_hdf5(rng, content) if hdf5 else arrays.of_mat5(rng, content)


def _of_base64(rng: Rng, content: bytes) -> bytes:
    """A picture on its way to a server."""
    if rng.random() < 0.2:
        return texts.of_lines(rng, content)
    picture = base64.b64decode(content)
    made = of_picture(rng, picture) if rng.random() < 0.6 else raw.of_bytes(rng, picture, [])
    return pick(rng, [b"", b"", b"data:image/png;base64,"]) + base64.b64encode(made)


# What knows the format of a file, by suffix: (generator, content) -> damaged content.
BY_SUFFIX: dict[str, Callable[[Rng, bytes], bytes]] = {
    ".json": _of_json,
    ".jsonl": _of_json_lines,
    ".yaml": texts.of_yaml,
    ".txt": texts.of_lines,
    ".csv": texts.of_lines,
    ".png": of_picture,
    ".jpg": of_picture,
    ".base64": _of_base64,
    ".mat": _of_mat,
    ".npy": arrays.of_npy,
    ".npz": arrays.of_npz,
    ".pkl": weights.of_pickle,
    ".pth": weights.of_torch,
    ".pt": weights.of_torch,
    ".bin": weights.of_torch,
    ".safetensors": weights.of_safetensors,
    ".sqlite": tables.of_sqlite,
    ".parquet": tables.of_parquet,
}


def generator(seed: int, reader: str, number: int) -> Rng:
    """What draws the damage of one case; equal names and numbers draw the same."""
    return np.random.default_rng([seed, zlib.crc32(reader.encode()), number])


def targets(reader: Reader, sample: Sample) -> dict[str, list[str]]:
    """The files that may be damaged, by suffix."""
    found: dict[str, list[str]] = {}
    for name in sorted(sample):
        if any(fnmatch(name, pattern) for pattern in reader.targets):
            found.setdefault(PurePosixPath(name).suffix, []).append(name)
    return found


def make_case(reader: Reader, sample: Sample, folder: Path, rng: Rng) -> str:
    """Write the sample into ``folder`` with one file damaged, or two; says what was done."""
    known = targets(reader, sample)
    contents: dict[str, bytes | str] = dict(sample)
    done = []
    for _ in range(1 if rng.random() < 0.9 else 2):
        name = pick(rng, known[pick(rng, sorted(known))])
        contents[name], what = _damage(rng, reader, name, sample)
        done.append(f"{name}: {what}")
    write_files(folder, contents)
    return "; ".join(done)


def write_files(folder: Path, contents: Mapping[str, bytes | str]) -> None:
    """Write files by their place in ``folder``; text is a name of ``raw.INSTEAD``."""
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            raw.INSTEAD[content](path)
        else:
            path.write_bytes(content)


def _damage(rng: Rng, reader: Reader, name: str, sample: Sample) -> tuple[bytes | str, str]:
    """What takes the place of a file: other contents, or a name of ``raw.INSTEAD``."""
    kind, content = rng.random(), sample[name]
    if kind < 0.04:
        instead = pick(rng, sorted(set(raw.INSTEAD) - set(reader.allowed)))
        return instead, instead
    if kind < 0.08:
        other = pick(rng, sorted(sample))
        return sample[other], f"holds {other}"
    suffix, refused = PurePosixPath(name).suffix, ""
    if kind < 0.7 and content:
        try:
            return BY_SUFFIX[suffix](rng, content), f"damaged as {suffix[1:]}"
        except Exception as error:  # what a library will not write is damaged as bytes
            refused = f" ({suffix[1:]}: {type(error).__name__})"
    others = [sample[n] for n in sorted(sample)][:8]
    return raw.of_bytes(rng, content, others), f"damaged bytes{refused}"
