"""Weights that are not what they say, and pickles that would run something."""

from __future__ import annotations

import argparse
import io
import json
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from benchmarks.bad_input.raw import of_bytes
from benchmarks.bad_input.strange import Rng, as_json, damaged, pick, strange

_SPREAD = 10**6  # rows and columns that share one number


class Runs:
    """An object whose unpickling calls a function; what it would do leaves a trace."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.function, self.arguments


def malicious(number: int) -> Any:
    """Objects that call something when they are unpickled, by number (0 to 5)."""
    import subprocess

    made = [
        Runs(os.system, "touch outside"),
        Runs(eval, "__import__('os').system('touch outside')"),
        Runs(exec, "open('../outside', 'w').close()"),
        Runs(subprocess.check_output, ["touch", "outside"]),
        Runs(os.remove, "../outside.png"),
        Runs(getattr, "", "join"),
    ]
    return made[number % len(made)]


def of_pickle(rng: Rng, content: bytes) -> bytes:
    """A list of pictures as a pickle, damaged or with code in it."""
    if rng.random() < 0.4:
        held: Any = malicious(int(rng.integers(0, 6)))
        held = pick(rng, [held, [held], {"0": [held]}, {0: held}])
        return pickle.dumps(held, protocol=int(rng.integers(0, 6)))
    if rng.random() < 0.1:  # opcodes that ask for memory that is not there
        return b"\x80\x04" + pick(
            rng, [b"\x8e" + b"\xff" * 7 + b"\x7f", b"B\xff\xff\xff\x7f", b"(" * 9_999]
        )
    return pickle.dumps(damaged(rng, pickle.loads(content)), protocol=int(rng.integers(0, 6)))


def _tensor(rng: Rng, value: Tensor) -> Any:
    if value.numel() > _SPREAD:  # by a change before
        return value
    changes: list[Callable[[Tensor], Any]] = [
        lambda v: v.to(pick(rng, [torch.float16, torch.int8, torch.bool, torch.complex64])),
        lambda v: v.reshape(-1),
        lambda v: v[:0],
        lambda v: v[None],
        lambda v: torch.cat([v, v]) if v.ndim else v,
        lambda v: v * float("nan"),
        lambda v: torch.tensor(1.0),
        lambda v: torch.zeros(1).expand(_SPREAD, _SPREAD),
        lambda v: torch.zeros(1).expand(v.shape),
        lambda v: v.to_sparse(),
        lambda v: torch.nn.Parameter(v.float()),
        lambda v: v.to("meta"),
        lambda v: torch.quantize_per_tensor(v.float(), 0.1, 0, torch.qint8),
        lambda v: v.tolist(),
        lambda v: None,
        lambda v: strange(rng),
    ]
    return pick(rng, changes)(value)


def _state(rng: Rng, state: dict[str, Any]) -> dict[Any, Any]:
    """A state dict with one to three entries changed."""
    made: dict[Any, Any] = dict(state)
    for _ in range(int(rng.integers(1, 4))):
        name = pick(rng, list(made)) if made else "a"
        value, change = made.get(name), int(rng.integers(0, 8))
        if change < 4 and isinstance(value, Tensor):
            made[name] = _tensor(rng, value)
        elif change == 4:
            made.pop(name, None)
        elif change == 5:
            made[pick(rng, [f"{name}x", f"module.{name}", 7, "blocks.999.a", ""])] = made.pop(name)
        elif change == 6 and isinstance(value, dict):
            made[name] = _state(rng, value)
        else:
            made[name] = damaged(rng, value) if isinstance(value, int | list) else strange(rng)
    return made


def of_torch(rng: Rng, content: bytes) -> bytes:
    """A file of ``torch.save`` with other contents, in either of its layouts."""
    if rng.random() < 0.25:
        return _of_members(rng, content)
    allowed = torch.serialization.safe_globals([argparse.Namespace])
    with allowed:
        held = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    key = next((k for k in ("model", "state_dict") if k in held), None)
    kind = int(rng.integers(0, 10))
    if kind < 6:
        held = {**held, key: _state(rng, held[key])} if key else _state(rng, held)
    elif kind == 6:
        held = pick(rng, [held[key] if key else held, [held], {"model": None}, strange(rng)])
    else:
        held = _with_code(rng, held, key)
    file, modern = io.BytesIO(), bool(rng.random() < 0.7)
    try:
        torch.save(held, file, _use_new_zipfile_serialization=modern)
    except (RuntimeError, TypeError, AttributeError):
        return content[: len(content) // 2]
    return file.getvalue()


def _with_code(rng: Rng, held: Any, key: str | None) -> Any:
    """Code beside the weights, among them, or deep inside of what stands beside them."""
    code = malicious(int(rng.integers(0, 6)))
    inside = {**held, key: {**held[key], "a": code}} if key else {**held, "a": code}
    nested = {**held, "args": argparse.Namespace(a=[{"b": code}])}
    return pick(rng, [code, {**held, "args": code}, inside, nested, {code.function.__name__: code}])


def _of_members(rng: Rng, content: bytes) -> bytes:
    """The zip archive with one member damaged, lost, or swollen."""
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return of_bytes(rng, content, [])
    file, source = io.BytesIO(), zipfile.ZipFile(io.BytesIO(content))
    victim, change = pick(rng, source.namelist()), int(rng.integers(0, 5))
    with zipfile.ZipFile(file, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == victim and change < 3:
                data = of_bytes(rng, data, [])
            if name != victim or change != 3:
                target.writestr(f"../{name}" if name == victim and change == 4 else name, data)
    return file.getvalue()


def of_safetensors(rng: Rng, content: bytes) -> bytes:
    """A safetensors file with another header, or of other tensors."""
    from safetensors.torch import load, save

    length = int.from_bytes(content[:8], "little")
    header, data = json.loads(content[8 : 8 + length]), content[8 + length :]
    kind = int(rng.integers(0, 10))
    if kind < 4:
        told = as_json(rng, damaged(rng, header))
        return struct.pack("<Q", len(told)) + told + data
    if kind < 7 and "painterkit.config" in header.get("__metadata__", {}):
        config = as_json(rng, damaged(rng, json.loads(header["__metadata__"]["painterkit.config"])))
        header["__metadata__"]["painterkit.config"] = config[:200_000].decode(errors="replace")
        told = json.dumps(header).encode()
        return struct.pack("<Q", len(told)) + told + data
    if kind == 7:
        return struct.pack("<Q", pick(rng, [0, 1, 2**31, 2**63, length + 1])) + content[8:]
    state = _state(rng, load(content))
    kept = {str(k): v.contiguous() for k, v in state.items() if _plain(v)}
    return save(kept or {"a": torch.zeros(1)}, header.get("__metadata__"))


def _plain(value: Any) -> bool:
    """Whether safetensors can hold it, and a file has room for it."""
    if not isinstance(value, Tensor) or value.is_sparse or value.is_quantized or value.is_meta:
        return False
    return value.numel() < 10**6 and not value.is_complex()
