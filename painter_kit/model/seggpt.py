"""SegGPT as transformers keeps it: its parameter names and its configuration, both ways.

Their ``SegGptForImageSegmentation`` is the network of ``Painter`` with type tokens under other
names. The authors' own file needs no translation: it has Painter's names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from painter_kit.documents import read_json
from painter_kit.errors import InputError
from painter_kit.model.builders import ModelConfig

CONFIG_FILE = "config.json"
MODEL_TYPE = "seggpt"

# Our names and theirs; each stands for itself and for what follows after a dot.
_NAMES = {
    "patch_embed.proj": "model.embeddings.patch_embeddings.projection",
    "mask_token": "model.embeddings.mask_token",
    "segment_token_x": "model.embeddings.segment_token_input",
    "segment_token_y": "model.embeddings.segment_token_prompt",
    "type_token_cls": "model.embeddings.type_token_semantic",
    "type_token_ins": "model.embeddings.type_token_instance",
    "pos_embed": "model.embeddings.position_embeddings",
    "norm": "model.encoder.layernorm",
    "decoder_embed": "decoder.decoder_embed",
    "decoder_pred.0": "decoder.decoder_pred.conv",
    "decoder_pred.1": "decoder.decoder_pred.layernorm",
    "decoder_pred.3": "decoder.decoder_pred.head",
}
_BLOCKS, _LAYERS = "blocks.", "model.encoder.layers."
# The same within a block.
_BLOCK_NAMES = {
    "norm1": "layernorm_before",
    "attn": "attention",
    "norm2": "layernorm_after",
    "mlp.fc1": "mlp.lin1",
    "mlp.fc2": "mlp.lin2",
}
_TYPE_TOKENS = ("type_token_cls", "type_token_ins")

# Fields of ``ModelConfig`` and theirs; both have the released ViT-L's values by default.
_FIELDS = {
    "img_size": "image_size",
    "patch_size": "patch_size",
    "in_chans": "num_channels",
    "embed_dim": "hidden_size",
    "depth": "num_hidden_layers",
    "num_heads": "num_attention_heads",
    "qkv_bias": "qkv_bias",
    "drop_path_rate": "drop_path_rate",
    "use_rel_pos": "use_relative_position_embeddings",
    "pretrain_img_size": "pretrain_image_size",
    "decoder_embed_dim": "decoder_hidden_size",
    "taps": "intermediate_hidden_state_indices",
    "merge_after": "merge_index",
}
# What is no choice here; another value would be another network.
_FIXED = {"hidden_act": "gelu", "layer_norm_eps": 1e-6}


def their_name(name: str) -> str:
    """What transformers calls the parameter ``name`` of ``Painter``; others stay as they are."""
    if name.startswith(_BLOCKS):
        _, index, rest = name.split(".", 2)
        return f"{_LAYERS}{index}.{_renamed(rest, _BLOCK_NAMES)}"
    return _renamed(name, _NAMES)


def our_name(name: str) -> str:
    """What ``Painter`` calls transformers' parameter ``name``; others stay as they are."""
    if name.startswith(_LAYERS):
        index, _, rest = name[len(_LAYERS) :].partition(".")
        return f"{_BLOCKS}{index}.{_renamed(rest, {v: k for k, v in _BLOCK_NAMES.items()})}"
    return _renamed(name, {v: k for k, v in _NAMES.items()})


def _renamed(name: str, table: Mapping[str, str]) -> str:
    for old, new in table.items():
        if name == old or name.startswith(f"{old}."):
            return new + name[len(old) :]
    return name


def has_their_names(state: Mapping[str, Tensor]) -> bool:
    """Whether a state dict is in transformers' layout, with or without the decoder's part."""
    wanted = their_name("patch_embed.proj.weight")
    return wanted in state or wanted.removeprefix("model.") in state


def from_transformers(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same tensors under our names. Raises ``InputError`` for a model without its decoder."""
    if not any(name.startswith("decoder.") for name in state):
        raise InputError(
            "these are the weights of transformers' SegGptModel, which has no decoder; save a "
            "SegGptForImageSegmentation"
        )
    return {our_name(name): value for name, value in state.items()}


def to_transformers(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights of ``Painter`` under their names; type tokens that it does not have are zero.

    Raises ``ValueError`` for the linear head, which they do not have.
    """
    if "decoder_pred.0.weight" not in state:
        raise ValueError("transformers' SegGPT has the light head only")
    zero = torch.zeros_like(state["mask_token"])
    whole = {**dict.fromkeys(_TYPE_TOKENS, zero), **state}
    return {their_name(name): value for name, value in whole.items()}


def to_their_config(config: ModelConfig) -> dict[str, Any]:
    """The fields of their ``SegGptConfig`` for this network, plain data.

    Raises ``ValueError`` for streams that never merge, which they do not have.
    """
    if config.merge_after is None:
        raise ValueError("transformers' SegGPT always merges its streams")
    values = {theirs: getattr(config, ours) for ours, theirs in _FIELDS.items()}
    plain = {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}
    width = int(config.embed_dim * config.mlp_ratio)
    return {"model_type": MODEL_TYPE, **plain, **_FIXED, "mlp_dim": width}


def read_their_config(path: Path) -> ModelConfig | None:
    """The configuration in a ``config.json``; None if it is missing or of another model.

    Raises ``InputError`` when it is broken or asks for what ``Painter`` does not compute.
    """
    try:
        values = read_json(path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not readable as JSON ({error}); fetch it again") from None
    if not isinstance(values, dict) or values.get("model_type") != MODEL_TYPE:
        return None
    for name, needed in _FIXED.items():
        if values.get(name, needed) != needed:
            raise InputError(
                f"{path}: {name} is {values[name]!r}, but painterkit computes with {needed!r} only"
            )
    try:
        return _config_of(values)
    except (TypeError, ValueError, ArithmeticError, LookupError, InputError) as error:
        raise InputError(f"{path}: not a SegGPT configuration ({error}); fetch it again") from None


def _config_of(values: Mapping[str, Any]) -> ModelConfig:
    # They leave out what is as released.
    known = {
        ours: _like(getattr(ModelConfig, ours), values[theirs])
        for ours, theirs in _FIELDS.items()
        if values.get(theirs) is not None
    }
    config = ModelConfig(**known, type_tokens=True)
    if len(config.img_size) != 2:
        raise ValueError(f"image_size has {len(config.img_size)} sides")
    width = values.get("mlp_dim")
    if width is not None:
        config = replace(config, mlp_ratio=int(width) / config.embed_dim)
    config.check()
    return config


def _like(default: Any, value: Any) -> Any:
    """``value`` in the type of ``default``; they write one number for a square, and two."""
    if isinstance(default, tuple):
        return tuple(map(int, value)) if isinstance(value, list) else (int(value),) * len(default)
    return type(default)(value[0] if isinstance(value, list) else value)
