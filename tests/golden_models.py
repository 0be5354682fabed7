"""Golden inputs and outputs of the authors' network, and how to open them."""

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from painter_kit.model.painter import Painter

GOLDEN = Path(__file__).parent / "golden" / "model"
_ARGUMENTS = (
    *("img_size", "patch_size", "in_chans", "embed_dim", "depth", "num_heads", "mlp_ratio"),
    *("qkv_bias", "drop_path_rate", "use_rel_pos", "pretrain_img_size", "decoder_embed_dim"),
)


def golden_painter(name: str) -> Painter:
    """The random golden model A, B or C in evaluation mode, strictly loaded."""
    constructor = golden_json(f"model_{name}.config.json")["constructor"]
    model = Painter(**{key: constructor[key] for key in _ARGUMENTS})
    model.load_state_dict(load_file(GOLDEN / f"model_{name}.safetensors"), strict=True)
    return model.eval()


def golden_json(name: str) -> dict:
    return json.loads((GOLDEN / name).read_text())


def golden_arrays(name: str) -> dict[str, np.ndarray]:
    with np.load(GOLDEN / name) as file:
        return {key: file[key] for key in file.files}


def tensor(array: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(array.astype(np.float32) if array.dtype == np.uint8 else array)


def relative_error(ours: torch.Tensor | np.ndarray, golden: np.ndarray) -> float:
    """max |a - b| / max |b|."""
    ours = ours.detach().numpy() if isinstance(ours, torch.Tensor) else ours
    assert ours.shape == golden.shape
    return float(np.abs(ours - golden).max() / np.abs(golden).max())
