"""Reading weights from files of any layout; nothing in a file is ever executed."""

from __future__ import annotations

import argparse
import json
import pickle
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from painter_kit.documents import parse_json, read_json
from painter_kit.errors import InputError
from painter_kit.files import damaged_part
from painter_kit.model.builders import ModelConfig
from painter_kit.schema import Builder

# Where our own safetensors keep the network's configuration.
CONFIG_KEY = "painterkit.config"
# In it, the checksum of all: the format has none, and a changed bit is a changed result. With two
# entries of their own the bytes of a file would be left to chance, as safetensors does not sort.
CHECKSUM_KEY = "crc32"
# How transformers ends the names of lists of weights in several files.
INDEX = ".index.json"
# Left in names by DataParallel, activation-checkpointing wrappers and torch.compile.
WRAPPERS = ("module", "_checkpoint_wrapped_module", "_orig_mod")


def read_checkpoint(path: Path) -> tuple[dict[str, Tensor], ModelConfig | None]:
    """Weights with wrapper prefixes stripped, and the configuration if the file names one.

    Raises ``InputError`` when the file cannot be read safely or holds no tensors.
    """
    if path.name.endswith(INDEX):
        return _read_shards(path), None
    if path.suffix == ".safetensors":
        return _read_safetensors(path)
    state = _read_pickle(path)
    for key in ("model", "state_dict"):
        if isinstance(state, Mapping) and isinstance(state.get(key), Mapping):
            state = state[key]
            break
    if not isinstance(state, Mapping):
        raise InputError(f"{path}: expected a dict with the key 'model' but found {type(state)}")
    tensors = {str(k): v for k, v in state.items() if isinstance(v, Tensor)}
    if not tensors:
        raise InputError(f"{path}: no weights found; expected a dict with the key 'model'")
    odd = [name for name, value in tensors.items() if not _is_whole(value)]
    if odd:
        raise InputError(
            f"{path}: {odd[0]:.80} is no array of plain numbers; save the weights anew"
        )
    return {_unwrapped(name): value.detach() for name, value in tensors.items()}, None


def _is_whole(value: Tensor) -> bool:
    """Whether the file holds every number of a tensor: none is meant twice, packed or left out."""
    if value.layout != torch.strided or value.device.type != "cpu" or value.is_quantized:
        return False
    return value.untyped_storage().nbytes() >= value.numel() * value.element_size()


def _read_shards(index: Path) -> dict[str, Tensor]:
    """The tensors of all files that an index of transformers names, which lie beside it."""
    try:
        named = read_json(index)["weight_map"].values()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{index}: not an index of weights ({error}); fetch it again") from None
    state: dict[str, Tensor] = {}
    for file in sorted({str(name) for name in named}):
        shard = index.parent / Path(file).name  # never outside of the folder
        if not _is_there(shard) or shard.name.endswith(INDEX):
            raise InputError(
                f"{shard}: no such weights, but {index.name} names them; fetch it again"
            )
        state |= read_checkpoint(shard)[0]
    return state


def _is_there(path: Path) -> bool:
    with suppress(OSError):  # as for names longer than any file's
        return path.is_file()
    return False


def _read_safetensors(path: Path) -> tuple[dict[str, Tensor], ModelConfig | None]:
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            state = {_unwrapped(n): file.get_tensor(n) for n in file.keys()}  # noqa: SIM118
        return state, _own_config(metadata, state, path)
    except (SafetensorError, OSError, ValueError, TypeError) as error:
        raise InputError(f"{path}: not a readable safetensors file ({error})") from None


def own_metadata(state: Mapping[str, Tensor], config: Mapping[str, Any]) -> dict[str, str]:
    """What our own safetensors hold beside the weights: their configuration and checksum."""
    noted = {**config, CHECKSUM_KEY: checksum(state, json.dumps(config))}
    return {CONFIG_KEY: json.dumps(noted)}


def _own_config(
    metadata: Mapping[str, str], state: Mapping[str, Tensor], path: Path
) -> ModelConfig | None:
    """The configuration, if the file is our own. Raises ``ValueError`` when it is damaged."""
    if CONFIG_KEY not in metadata:
        if any(f'"{CHECKSUM_KEY}"' in text for text in metadata.values()):
            raise ValueError(f"damaged: {CONFIG_KEY} has another name")
        return None
    values = parse_json(metadata[CONFIG_KEY])
    noted = values.pop(CHECKSUM_KEY, None) if isinstance(values, dict) else None
    if noted is not None and noted != checksum(state, json.dumps(values)):
        raise ValueError("damaged: its checksum does not match")
    return _config_from_json(values, path)


def checksum(state: Mapping[str, Tensor], config: str) -> str:
    """CRC-32 of the configuration and of names, shapes, types and values of all tensors."""
    crc = zlib.crc32(config.encode())
    for name, value in sorted(state.items()):
        crc = zlib.crc32(f"{name}|{tuple(value.shape)}|{value.dtype}|".encode(), crc)
        crc = zlib.crc32(value.contiguous().reshape(-1).view(torch.uint8).numpy().data, crc)
    return f"{crc:08x}"


def _config_from_json(values: Any, path: Path) -> ModelConfig:
    builder = Builder(lambda key: f"{path}: its {CONFIG_KEY}")
    if not isinstance(values, dict):
        raise builder.wrong("network", "a mapping", values)
    return builder.build(ModelConfig, values)


def _read_pickle(path: Path) -> Any:
    try:
        if damage := damaged_part(path):
            raise ValueError(damage)
        # The released trainer stores its argparse.Namespace beside the weights: plain data.
        with torch.serialization.safe_globals([argparse.Namespace]):
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise InputError(
            f"{path}: refused, because reading it would execute code stored in the file or it is "
            "not a checkpoint; save the weights alone (torch.save(model.state_dict(), ...)) or "
            "as safetensors"
        ) from None
    except Exception as error:  # a broken file can make the unpickler raise anything
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{path}: not a readable checkpoint ({reason})") from None


def _unwrapped(name: str) -> str:
    return ".".join(part for part in name.split(".") if part not in WRAPPERS)
