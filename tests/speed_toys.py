"""A Painter small enough to count its operations by hand."""

from dataclasses import replace

from painter_kit.model.builders import CONFIGS

SMALL = replace(
    CONFIGS["world-tiny"],
    img_size=(32, 16),
    patch_size=4,
    embed_dim=16,
    depth=3,
    num_heads=2,
    pretrain_img_size=16,
    decoder_embed_dim=4,
    taps=(1, 2),
)
