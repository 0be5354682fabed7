"""Loading and saving weights; nothing in a file is ever executed.

Accepted: the released ``.pth`` layout (key ``model`` beside anything else), plain state dicts,
safetensors, and the folders that training writes. Loading is strict: a difference is refused
and listed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import pickle
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from painter_kit.errors import InputError
from painter_kit.files import atomic
from painter_kit.model.builders import CONFIGS, ModelConfig, infer_config
from painter_kit.model.painter import Painter

WEIGHTS = Path(__file__).parent.parent / "weights"
WEIGHTS_FILE = "model.safetensors"
CONFIG_KEY = "painterkit.config"
# Left in names by DataParallel, activation-checkpointing wrappers and torch.compile.
WRAPPERS = ("module", "_checkpoint_wrapped_module", "_orig_mod")
# What MAE pre-training cannot know (released code; the rest must be there).
_NOT_IN_MAE = ("mask_token", "segment_token_x", "segment_token_y", "type_token_cls")
_NOT_IN_MAE += ("type_token_ins",)
_MAE_EXTRA = ("cls_token", "mask_token", "decoder_pos_embed")
_MAE_EXTRA_PREFIXES = ("decoder_embed.", "decoder_blocks.", "decoder_norm.", "decoder_pred.")


def load_painter(path_or_name: str | Path, device: str | torch.device = "cpu") -> Painter:
    """A Painter with the weights of a file, a training folder or an embedded name.

    Returns it in evaluation mode on ``device``. Raises ``InputError`` when the file is missing,
    unreadable, would execute code, holds MAE weights, or differs from the model in any name or
    shape (the differences are listed).
    """
    path = resolve_checkpoint(path_or_name)
    state, config = _read_painter(path)
    differences = state_differences(config, state)
    if differences:
        raise InputError(f"{path}: not a Painter checkpoint: {_listed(differences)}")
    with torch.device("meta"):
        model = config.build()
    weights = {k: v.float() if v.is_floating_point() else v for k, v in state.items()}
    model.load_state_dict(weights, strict=True, assign=True)
    return model.to(device).eval()


def checkpoint_config(path_or_name: str | Path) -> ModelConfig:
    """The configuration that the file names, or that explains the shapes in it."""
    return _read_painter(resolve_checkpoint(path_or_name))[1]


def _read_painter(path: Path) -> tuple[dict[str, Tensor], ModelConfig]:
    state, config = read_checkpoint(path)
    if "cls_token" in state and "segment_token_x" not in state:
        raise InputError(
            f"{path}: these are MAE pre-training weights, not a Painter; give them to training "
            "(painterkit train --set init_mae=FILE), or name a Painter checkpoint here"
        )
    try:
        return state, config or infer_config(state)
    except (KeyError, ZeroDivisionError):
        return state, CONFIGS["painter-vit-large"]


def resolve_checkpoint(path_or_name: str | Path) -> Path:
    """The weights file behind a path, a training folder or an embedded name."""
    path, name = Path(path_or_name), str(path_or_name)
    if path.is_dir() and (path / WEIGHTS_FILE).is_file():
        return path / WEIGHTS_FILE
    if path.is_file():
        return path
    embedded = WEIGHTS / f"{name}.safetensors"
    if name in CONFIGS and embedded.is_file():
        return embedded
    if name in CONFIGS:
        raise InputError(
            f"checkpoint {name!r} is not shipped with painterkit; download its weights "
            "(the authors publish painter_vit_large.pth) and pass the file's path"
        )
    shipped = ", ".join(sorted(p.stem for p in WEIGHTS.glob("*.safetensors")))
    raise InputError(f"checkpoint {name!r}: no such file; shipped checkpoints: {shipped}")


def read_checkpoint(path: Path) -> tuple[dict[str, Tensor], ModelConfig | None]:
    """Weights with wrapper prefixes stripped, and the configuration if the file names one.

    Raises ``InputError`` when the file cannot be read safely or holds no tensors.
    """
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
    return {_unwrapped(name): value for name, value in tensors.items()}, None


def _read_safetensors(path: Path) -> tuple[dict[str, Tensor], ModelConfig | None]:
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            state = {_unwrapped(n): file.get_tensor(n) for n in file.keys()}  # noqa: SIM118
        config = metadata.get(CONFIG_KEY)
        return state, _config_from_json(json.loads(config)) if config else None
    except (SafetensorError, OSError, ValueError, TypeError) as error:
        raise InputError(f"{path}: not a readable safetensors file ({error})") from None


def _config_from_json(values: dict[str, Any]) -> ModelConfig:
    fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    return ModelConfig(**fields)


def _read_pickle(path: Path) -> Any:
    try:
        # The released trainer stores its argparse.Namespace beside the weights: plain data.
        with torch.serialization.safe_globals([argparse.Namespace]):
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise InputError(
            f"{path}: refused, because reading it would execute code stored in the file or it is "
            "not a checkpoint; save the weights alone (torch.save(model.state_dict(), ...)) or "
            "as safetensors"
        ) from None
    except (OSError, RuntimeError, EOFError, ValueError, KeyError, AttributeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{path}: not a readable checkpoint ({reason})") from None


def _unwrapped(name: str) -> str:
    return ".".join(part for part in name.split(".") if part not in WRAPPERS)


def state_differences(config: ModelConfig, state: Mapping[str, Tensor]) -> list[str]:
    """Every missing, unexpected or differently shaped entry, in words."""
    try:
        with torch.device("meta"):
            expected = {k: tuple(v.shape) for k, v in config.build().state_dict().items()}
    except (InputError, TypeError, ValueError, RuntimeError) as error:
        return [f"its configuration is impossible ({error})"]
    found = {k: tuple(v.shape) for k, v in state.items()}
    missing = [f"missing {k}" for k in expected if k not in found]
    extra = [f"unexpected {k}" for k in found if k not in expected]
    shaped = [
        f"{k} is {found[k]} instead of {expected[k]}"
        for k in expected
        if k in found and found[k] != expected[k]
    ]
    return shaped + missing + extra


def _listed(differences: list[str], most: int = 4) -> str:
    more = f"; and {len(differences) - most} more" if len(differences) > most else ""
    return "; ".join(differences[:most]) + more


def init_from_mae(model: Painter, path: str | Path) -> None:
    """Start training from MAE ViT weights (released code; encoder file or full checkpoint).

    Everything that MAE and Painter share must be there in the right shape, and nothing else may
    be missing or left over than the known difference: Painter's mask, segment and type tokens,
    relative positions and decoder keep their random initialisation; MAE's class token and
    decoder are ignored. Raises ``InputError`` listing any other difference; the model is then
    unchanged.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"MAE checkpoint {path}: no such file (mae_pretrain_vit_large.pth)")
    state, _ = read_checkpoint(path)
    own = model.state_dict()
    shared = [k for k in own if not _random_after_mae(k)]
    problems = [f"missing {k}" for k in shared if k not in state]
    problems += [
        f"{k} is {tuple(state[k].shape)} instead of {tuple(own[k].shape)}"
        for k in shared
        if k in state and state[k].shape != own[k].shape
    ]
    problems += [f"unexpected {k}" for k in state if k not in shared and not _mae_only(k)]
    if problems:
        raise InputError(f"{path}: not the MAE weights of this model: {_listed(problems)}")
    model.load_state_dict({k: state[k] for k in shared}, strict=False)


def _random_after_mae(name: str) -> bool:
    return name in _NOT_IN_MAE or "rel_pos" in name or name.startswith("decoder_")


def _mae_only(name: str) -> bool:
    return name in _MAE_EXTRA or name.startswith(_MAE_EXTRA_PREFIXES)


def save_painter(
    model: Painter, config: ModelConfig, path: Path, metadata: Mapping[str, str] | None = None
) -> None:
    """Write weights and configuration as one safetensors file, atomically."""
    state = {k: v.detach().contiguous().cpu() for k, v in model.state_dict().items()}
    notes = {**(metadata or {}), CONFIG_KEY: json.dumps(asdict(config))}
    with atomic(path) as temporary:
        save_file(state, temporary, notes)


def model_digest(model: Painter) -> str:
    """SHA-256 of names, shapes and values of all weights and of what shapes the computation."""
    sha = hashlib.sha256()
    layout = [model.patch_size, model.taps, model.merge_after, model.head, model.img_size]
    sha.update(json.dumps(layout).encode())
    for name, value in sorted(model.state_dict().items()):
        array = value.detach().contiguous().cpu()
        sha.update(f"{name}|{tuple(array.shape)}|{array.dtype}|".encode())
        sha.update(array.view(torch.uint8).numpy().data if array.ndim else array.numpy().data)
    return sha.hexdigest()
