"""A small SegGPT whose every parameter is random, so that each of them matters."""

from dataclasses import replace

import torch

from painter_kit.model.painter import Painter
from tests.training_toys import TINY

SEGGPT = replace(
    TINY, depth=4, embed_dim=24, num_heads=3, taps=(2, 3), merge_after=1, type_tokens=True
)


def random_seggpt(seed: int = 0, **changes) -> Painter:
    """In evaluation mode; ``changes`` of the configuration."""
    torch.manual_seed(seed)
    model = replace(SEGGPT, **changes).build().eval()
    with torch.no_grad():
        for name, value in model.named_parameters():
            norm = ("norm" in name or "decoder_pred.1" in name) and name.endswith("weight")
            scale = 0.5 if "token" in name else 0.2
            value.copy_(norm * 1.0 + scale * torch.randn_like(value))
    return model
