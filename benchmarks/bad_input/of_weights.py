"""Readers of weights in every layout, and of the state that a training continues from."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from benchmarks.bad_input.table import Reader
from painter_kit.model.builders import ModelConfig
from painter_kit.model.checkpoint import (
    checkpoint_config,
    init_from_mae,
    load_painter,
    model_digest,
    save_painter,
)
from painter_kit.model.painter import Painter
from painter_kit.model.seggpt import to_their_config, to_transformers
from painter_kit.training.state import STATE_FILE, load_state, save_state

TINY = ModelConfig(
    img_size=(32, 16),
    patch_size=8,
    embed_dim=8,
    depth=2,
    num_heads=2,
    drop_path_rate=0.0,
    pretrain_img_size=16,
    decoder_embed_dim=4,
    taps=(0, 1),
    merge_after=0,
    type_tokens=True,
)


def _model() -> Painter:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return TINY.build()


def _pth(folder: Path, modern: bool) -> None:
    content = {"model": _model().state_dict(), "args": argparse.Namespace(lr=1e-3), "epoch": 14}
    path = folder / "weights.pth"
    torch.save(content, path, _use_new_zipfile_serialization=modern)


def _own(folder: Path) -> None:
    save_painter(_model(), TINY, folder / "weights.safetensors", {"note": "toy"})


def _plain(folder: Path) -> None:
    save_file(_model().state_dict(), folder / "weights.safetensors")


def _shards(folder: Path) -> None:
    theirs = to_transformers(_model().state_dict())
    (folder / "config.json").write_text(json.dumps(to_their_config(TINY)))
    names = sorted(theirs)
    parts = {"model-1.safetensors": names[::2], "model-2.safetensors": names[1::2]}
    for file, own in parts.items():
        save_file({name: theirs[name].contiguous() for name in own}, folder / file)
    index = {"weight_map": {name: file for file, own in parts.items() for name in own}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def _transformers(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps(to_their_config(TINY)))
    torch.save(to_transformers(_model().state_dict()), folder / "pytorch_model.bin")


def _mae(folder: Path) -> None:
    kept = {k: v for k, v in _model().state_dict().items() if _of_mae(k)}
    torch.save({"model": {**kept, "cls_token": torch.zeros(1, 1, 8)}}, folder / "mae.pth")


def _of_mae(name: str) -> bool:
    return "token" not in name and "rel_pos" not in name and not name.startswith("decoder_")


def _read(name: str, folder: Path) -> None:
    assert checkpoint_config(folder / name).embed_dim > 0
    model = load_painter(folder / name)
    assert len(model_digest(model)) == 64


def _state(folder: Path) -> None:
    model = _model()
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3)
    state: dict[str, Any] = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
    save_state(folder, {**state, "iteration": 3, "samples": 12, "seconds": 1.5, "ema": None})


def _read_state(folder: Path) -> None:
    assert isinstance(load_state(folder), dict)


def _weights(name: str, sample: Callable[[Path], None], file: str, share: float = 1.0) -> Reader:
    return Reader(f"weights-{name}", sample, partial(_read, file), share=share)


READERS = (
    _weights("pth", partial(_pth, modern=True), "weights.pth"),
    _weights("pth-legacy", partial(_pth, modern=False), "weights.pth"),
    _weights("safetensors", _own, "weights.safetensors"),
    _weights("safetensors-plain", _plain, "weights.safetensors"),
    _weights("shards", _shards, ""),
    _weights("transformers", _transformers, ""),
    Reader("weights-mae", _mae, lambda folder: init_from_mae(_model(), folder / "mae.pth")),
    Reader("training-state", _state, _read_state, (STATE_FILE,)),
)
