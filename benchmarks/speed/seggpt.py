"""The same network in transformers: ``SegGptForImageSegmentation`` with type tokens at zero."""

from __future__ import annotations

import re
from typing import Any

import torch
from torch import Tensor

from painter_kit.model.builders import ModelConfig
from painter_kit.model.painter import Painter

# Parts of our names and theirs, replaced in this order.
_NAMES = (
    (r"^patch_embed\.proj", "model.embeddings.patch_embeddings.projection"),
    (r"^mask_token", "model.embeddings.mask_token"),
    (r"^segment_token_x", "model.embeddings.segment_token_input"),
    (r"^segment_token_y", "model.embeddings.segment_token_prompt"),
    (r"^pos_embed", "model.embeddings.position_embeddings"),
    (r"^norm\.", "model.encoder.layernorm."),
    (r"^blocks\.", "model.encoder.layers."),
    (r"\.attn\.", ".attention."),
    (r"\.norm1\.", ".layernorm_before."),
    (r"\.norm2\.", ".layernorm_after."),
    (r"\.mlp\.fc", ".mlp.lin"),
    (r"^decoder_embed", "decoder.decoder_embed"),
    (r"^decoder_pred\.0", "decoder.decoder_pred.conv"),
    (r"^decoder_pred\.1", "decoder.decoder_pred.layernorm"),
    (r"^decoder_pred\.3", "decoder.decoder_pred.head"),
)


def their_name(name: str) -> str:
    """What transformers calls the parameter ``name`` of ``Painter``."""
    for ours, theirs in _NAMES:
        name = re.sub(ours, theirs, name)
    return name


def make_seggpt(model: Painter, config: ModelConfig) -> Any:
    """Their model with our weights, strictly loaded, in evaluation mode.

    Raises ``ModuleNotFoundError`` when transformers is not installed.
    """
    from transformers import SegGptConfig, SegGptForImageSegmentation  # pyright: ignore

    theirs = SegGptForImageSegmentation(
        SegGptConfig(
            hidden_size=config.embed_dim,
            num_hidden_layers=config.depth,
            num_attention_heads=config.num_heads,
            mlp_dim=int(config.embed_dim * config.mlp_ratio),
            image_size=list(config.img_size),
            patch_size=config.patch_size,
            pretrain_image_size=config.pretrain_img_size,
            decoder_hidden_size=config.decoder_embed_dim,
            merge_index=config.merge_after,
            intermediate_hidden_state_indices=list(config.taps),
        )
    )
    state = {their_name(name): value for name, value in model.state_dict().items()}
    zero = torch.zeros(1, 1, 1, config.embed_dim)
    for kind in ("semantic", "instance"):
        state[f"model.embeddings.type_token_{kind}"] = zero
    theirs.load_state_dict(state, strict=True)
    return theirs.eval()


def paint_seggpt(theirs: Any, images: Tensor, targets: Tensor) -> Tensor:
    """The painted canvas (N, 3, 2S, S); it stacks and masks by itself.

    ``images`` (N, 3, 2S, S), ``targets`` (N, 3, 2S, S) of which the upper half is read.
    """
    prompt, query = images.chunk(2, dim=2)
    target = targets.chunk(2, dim=2)[0]
    output = theirs(pixel_values=query, prompt_pixel_values=prompt, prompt_masks=target)
    return output.pred_masks
