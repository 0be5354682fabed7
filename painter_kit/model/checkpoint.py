"""Loading and saving weights; nothing in a file is ever executed.

Accepted: the released ``.pth`` layout of Painter and SegGPT (key ``model`` beside anything else),
plain state dicts, safetensors, the folders that training writes, and SegGPT as transformers keeps
it (its folder, or a weights file of it). Loading is strict: a difference is refused
and listed.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from painter_kit.errors import InputError, MissingError
from painter_kit.files import atomic
from painter_kit.model.builders import CONFIGS, ModelConfig, infer_config
from painter_kit.model.painter import Painter
from painter_kit.model.reading import INDEX, own_metadata, read_checkpoint
from painter_kit.model.seggpt import (
    CONFIG_FILE,
    from_transformers,
    has_their_names,
    read_their_config,
    their_name,
)

logger = logging.getLogger(__name__)

WEIGHTS = Path(__file__).parent.parent / "weights"
WEIGHTS_FILE = "model.safetensors"
# What is looked for in a folder; only transformers writes the others, large models in shards.
WEIGHTS_FILES = (WEIGHTS_FILE, "pytorch_model.bin")
WEIGHTS_FILES += tuple(f"{file}{INDEX}" for file in WEIGHTS_FILES)
# Names of networks whose weights the authors publish.
PUBLISHED = {
    "painter-vit-large": "painter_vit_large.pth",
    "seggpt-vit-large": "seggpt_vit_large.pth",
}
# What MAE pre-training cannot know (released code; the rest must be there).
_NOT_IN_MAE = ("mask_token", "segment_token_x", "segment_token_y", "type_token_cls")
_NOT_IN_MAE += ("type_token_ins",)
_MAE_EXTRA = ("cls_token", "mask_token", "decoder_pos_embed")
_MAE_EXTRA_PREFIXES = ("decoder_embed.", "decoder_blocks.", "decoder_norm.", "decoder_pred.")


def load_painter(path_or_name: str | Path, device: str | torch.device = "cpu") -> Painter:
    """A Painter with the weights of a file, a training folder or an embedded name.

    Returns it in evaluation mode on ``device``; what the file was taken for is logged. Raises
    ``InputError`` when the file is missing, unreadable, would execute code, holds MAE weights, or
    differs from the model in any name or shape (the differences are listed, in the file's names).
    """
    path = resolve_checkpoint(path_or_name)
    found = recognise(path)
    differences = state_differences(found.config, found.state, found.names)
    if differences:
        raise InputError(
            f"{path}: not a Painter checkpoint: {'; '.join(differences)}. It was taken for "
            f"{found.words}; give the authors' file as published, a whole SegGPT of transformers "
            "with its config.json, or the file or folder that train wrote"
        )
    with torch.device("meta"):
        model = found.config.build()
    weights = {name: value.float() for name, value in found.state.items()}
    model.load_state_dict(weights, strict=True, assign=True)
    # What this program wrote itself needs no telling.
    level = logging.DEBUG if found.layout == "painterkit" else logging.INFO
    logger.log(level, "%s: %s", path, found.words)
    return model.to(device).eval()


def checkpoint_config(path_or_name: str | Path) -> ModelConfig:
    """The configuration that the file names, or that explains the shapes in it."""
    return recognise(resolve_checkpoint(path_or_name)).config


@dataclass(frozen=True)
class Recognised:
    """What a file was taken for: weights under our names, the network, and whose ``layout`` it has
    (``painterkit``, ``released`` or ``transformers``)."""

    state: Mapping[str, Tensor]
    config: ModelConfig
    layout: str

    @property
    def names(self) -> Callable[[str], str]:
        """What the file calls our parameters."""
        return their_name if self.layout == "transformers" else str

    @property
    def words(self) -> str:
        """Family, layout and size of the network, in one line."""
        config = self.config
        count = sum(value.numel() for value in self.state.values())
        height, width = config.img_size
        family = "a SegGPT (with type tokens)" if config.type_tokens else "a Painter"
        return (
            f"{family} in {_LAYOUTS[self.layout]}: {config.depth} blocks of width "
            f"{config.embed_dim}, {config.num_heads} heads, canvas {height} x {width}, patches of "
            f"{config.patch_size}, {count:,} parameters"
        )


_LAYOUTS = {
    "painterkit": "painterkit's own layout",
    "released": "the released layout",
    "transformers": "the layout of transformers",
}


def recognise(path: Path) -> Recognised:
    """Read a weights file and tell what it is; whether it is whole is not checked.

    Raises ``InputError`` as ``load_painter`` does for files that cannot be one.
    """
    state, config = read_checkpoint(path)
    if "cls_token" in state and "segment_token_x" not in state:
        raise InputError(
            f"{path}: these are MAE pre-training weights, not a Painter; give them to training "
            "(painterkit train --set init_mae=FILE), or name a Painter checkpoint here"
        )
    layout = "painterkit" if config else "released"
    if config is None and has_their_names(state):
        layout, config = "transformers", read_their_config(path.parent / CONFIG_FILE)
        try:
            state = from_transformers(state)
        except InputError as error:
            raise InputError(f"{path}: {error}") from None
    if config is None:
        config = _config_by_shapes(state)
        if layout == "transformers":  # which always has them
            config = replace(config, type_tokens=True)
    return Recognised(state, config, layout)


def _config_by_shapes(state: Mapping[str, Tensor]) -> ModelConfig:
    try:
        return infer_config(state)
    except (LookupError, ArithmeticError, TypeError, ValueError):  # shapes of something else
        return CONFIGS["painter-vit-large"]


def resolve_checkpoint(path_or_name: str | Path) -> Path:
    """The weights file behind a path, a folder of training or transformers, or an embedded name."""
    path, name = Path(path_or_name), str(path_or_name)
    if path.is_dir():
        inside = [path / file for file in WEIGHTS_FILES if (path / file).is_file()]
        if inside:
            return inside[0]
    if path.is_file():
        return path
    embedded = WEIGHTS / f"{name}.safetensors"
    if name in CONFIGS and embedded.is_file():
        return embedded
    if name in CONFIGS:
        file = PUBLISHED.get(name)
        where = f"download its weights (the authors publish {file}) and pass the file's path"
        raise MissingError(
            f"checkpoint {name!r} is not shipped with painterkit; "
            + (where if file else "nobody publishes weights of it; train them")
        )
    if path.is_dir():
        raise InputError(f"checkpoint folder {name}: holds none of {', '.join(WEIGHTS_FILES)}")
    shipped = ", ".join(sorted(p.stem for p in WEIGHTS.glob("*.safetensors")))
    raise MissingError(f"checkpoint {name!r}: no such file; shipped checkpoints: {shipped}")


def state_differences(
    config: ModelConfig, state: Mapping[str, Tensor], names: Callable[[str], str] = str
) -> list[str]:
    """Every missing, unexpected or differently shaped entry, in words; called as ``names`` says."""
    try:
        with torch.device("meta"):
            expected = {k: tuple(v.shape) for k, v in config.build().state_dict().items()}
    except (InputError, TypeError, ValueError, RuntimeError, ArithmeticError) as error:
        return [f"its configuration is impossible ({error})"]
    found = {k: tuple(v.shape) for k, v in state.items()}
    shaped = [
        f"{names(k)} is {found[k]} instead of {shape}"
        for k, shape in expected.items()
        if k in found and found[k] != shape
    ]
    shaped += [
        f"{names(k)} holds {v.dtype}, no floating-point numbers"
        for k, v in state.items()
        if k in expected and not v.is_floating_point()
    ]
    missing = [names(k) for k in expected if k not in found]
    extra = [names(k) for k in found if k not in expected]
    return [
        text
        for what, which in (("", shaped), ("missing ", missing), ("unexpected ", extra))
        if (text := _counted(what, which))
    ]


def _counted(what: str, which: Sequence[str], most: int = 4) -> str:
    more = f" and {len(which) - most} more" if len(which) > most else ""
    return f"{what}{', '.join(which[:most])}{more}" if which else ""


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
    """Write weights, configuration and their checksum as one safetensors file, atomically."""
    state = {k: v.detach().contiguous().cpu() for k, v in model.state_dict().items()}
    notes = {**(metadata or {}), **own_metadata(state, asdict(config))}
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
