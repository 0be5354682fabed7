"""Named configurations of the network, spelled out as numbers."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from torch import Tensor

from painter_kit.errors import InputError
from painter_kit.model.losses import LossName
from painter_kit.model.painter import HeadName, Painter

# The most that a network of this kind could have; a file that asks for more is broken.
_MOST = {
    **{"patch_size": 1024, "in_chans": 1024, "embed_dim": 65_536, "depth": 512},
    **{"num_heads": 4096, "decoder_embed_dim": 65_536, "pretrain_img_size": 65_536},
}


@dataclass(frozen=True)
class ModelConfig:
    """The arguments of ``Painter``; the defaults are the released ViT-L."""

    img_size: tuple[int, int] = (896, 448)
    patch_size: int = 16
    in_chans: int = 3
    embed_dim: int = 1024
    depth: int = 24
    num_heads: int = 16
    mlp_ratio: float = 4.0
    qkv_bias: bool = True
    drop_path_rate: float = 0.1
    use_rel_pos: bool = True
    pretrain_img_size: int = 224
    decoder_embed_dim: int = 64
    loss: LossName = "smoothl1"
    taps: tuple[int, ...] = (5, 11, 17, 23)
    merge_after: int | None = 2
    head: HeadName = "light"
    type_tokens: bool = False

    def build(self) -> Painter:
        """A freshly initialised Painter. Raises ``InputError`` for impossible combinations."""
        self.check()
        return Painter(**asdict(self))

    def check(self) -> None:
        """Raise ``InputError`` for combinations that no network has."""
        for name, most in _MOST.items():
            if not 0 < getattr(self, name) <= most:
                raise InputError(f"{name} must be 1 to {most} but got {getattr(self, name)}")
        height, width = self.img_size
        if not 0 < min(self.img_size) <= max(self.img_size) <= _MOST["pretrain_img_size"]:
            raise InputError(f"img_size must be two sides above 0 but got {height} x {width}")
        if not 0 < self.embed_dim * self.mlp_ratio <= 64 * _MOST["embed_dim"]:
            raise InputError(f"mlp_ratio must be above 0 but got {self.mlp_ratio}")
        if height % self.patch_size or width % self.patch_size:
            raise InputError(
                f"img_size must be a multiple of patch_size {self.patch_size} but got {height} x "
                f"{width}"
            )
        if self.embed_dim % self.num_heads:
            raise InputError(
                f"embed_dim must be a multiple of num_heads {self.num_heads} but got "
                f"{self.embed_dim}"
            )
        if not self.taps or max(self.taps) >= self.depth or min(self.taps) < 0:
            raise InputError(f"taps must lie in 0..{self.depth - 1} but got {list(self.taps)}")
        if self.merge_after is not None and not 0 <= self.merge_after < self.depth:
            raise InputError(
                f"merge_after must lie in 0..{self.depth - 1} or be null but got {self.merge_after}"
            )
        if self.merge_after is not None and min(self.taps) < self.merge_after:
            raise InputError(
                f"taps must not lie before merge_after {self.merge_after}, where there are two "
                f"streams still, but got {list(self.taps)}"
            )


VIT_LARGE = ModelConfig()

CONFIGS: Mapping[str, ModelConfig] = {
    # The released model.
    "painter-vit-large": VIT_LARGE,
    # SegGPT's: the same network with type tokens.
    "seggpt-vit-large": replace(VIT_LARGE, type_tokens=True),
    # The paper's Table S2, "ViT-B": base width, depth and heads of ViT, taps evenly spaced.
    "painter-vit-base": replace(
        VIT_LARGE, embed_dim=768, depth=12, num_heads=12, taps=(2, 5, 8, 11)
    ),
    # The embedded model: 64 x 64 pictures, 16 x 8 tokens.
    "world-tiny": ModelConfig(
        img_size=(128, 64),
        patch_size=8,
        embed_dim=128,
        depth=8,
        num_heads=4,
        drop_path_rate=0.0,
        pretrain_img_size=64,
        decoder_embed_dim=16,
        taps=(1, 3, 5, 7),
        merge_after=1,
    ),
}


def get_config(name: str) -> ModelConfig:
    """The configuration called ``name``. Raises ``InputError`` with the known names otherwise."""
    if name not in CONFIGS:
        near = difflib.get_close_matches(name, CONFIGS, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise InputError(f"unknown model {name!r}; known models: {', '.join(CONFIGS)}.{hint}")
    return CONFIGS[name]


def infer_config(state: Mapping[str, Tensor]) -> ModelConfig:
    """The configuration that explains the shapes of a state dict in the released layout.

    Taps and merge point leave no trace in the shapes: taps are taken evenly spaced and the
    merge after the third block, as released, or after the first tapped one if that comes before.
    Without positions the pictures of the pre-training are taken to be as large as these.
    Raises ``KeyError`` when another tensor that
    the answer hangs on is absent.
    """
    dim, in_chans, _, patch = state["patch_embed.proj.weight"].shape
    depth = len({name.split(".")[1] for name in state if name.startswith("blocks.")})
    table_h, table_w = (state[f"blocks.0.attn.rel_pos_{axis}"] for axis in "hw")
    taps = state["decoder_embed.weight"].shape[1] // dim
    side = (len(table_w) + 1) // 2
    tapped = tuple((i + 1) * depth // taps - 1 for i in range(taps))
    positions = state["pos_embed"].shape[1] - 1 if "pos_embed" in state else side**2
    return ModelConfig(
        img_size=((len(table_h) + 1) // 2 * patch, side * patch),
        patch_size=patch,
        in_chans=in_chans,
        embed_dim=dim,
        depth=depth,
        num_heads=dim // table_h.shape[1],
        mlp_ratio=state["blocks.0.mlp.fc1.weight"].shape[0] / dim,
        qkv_bias="blocks.0.attn.qkv.bias" in state,
        pretrain_img_size=int(positions**0.5) * patch,
        decoder_embed_dim=state["decoder_pred.0.weight"].shape[0],
        taps=tapped,
        merge_after=min(2, *tapped),
        type_tokens="type_token_cls" in state or "type_token_ins" in state,
    )
