"""SegGPT written out plainly from its description, to compare the toolkit's network with.

Only tensors of a state dict in the released names and elementary functions are used. P prompts are
P entries of one batch, all with the same query; ``several`` shares the query's features between
them as the authors' inference code does.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

State = dict[str, Tensor]


def paint_by_description(
    state: State,
    images: Tensor,
    targets: Tensor,
    heads: int,
    taps: tuple[int, ...],
    merge_after: int,
    segment_type: str,
) -> Tensor:
    """The painted canvases (P, 3, 2S, S) of P canvases (P, 3, 2S, S) that share the query half."""
    several = len(images) > 1
    x, y = _patches(state, images), _patches(state, targets)
    half = x.shape[1] // 2
    y = torch.cat([y[:, :half], state["mask_token"].expand_as(y[:, half:])], dim=1)
    kind = state[{"semantic": "type_token_cls", "instance": "type_token_ins"}[segment_type]]
    place = _places(state, x.shape[1], x.shape[2])
    streams = [x + state["segment_token_x"] + place + kind]
    streams.append(y + state["segment_token_y"] + place + kind)
    kept, depth = [], 1 + max(int(k.split(".")[1]) for k in state if k.startswith("blocks."))
    for index in range(depth):
        streams = [_block(state, f"blocks.{index}.", z, heads, several) for z in streams]
        if index == merge_after:
            streams = [0.5 * (streams[0] + streams[1])]
        if index in taps:
            kept.append(_norm(state, "norm.", streams[0]))
    return _decode(state, torch.cat(kept, dim=-1))


def _patches(state: State, pictures: Tensor) -> Tensor:
    weight = state["patch_embed.proj.weight"]
    size = weight.shape[-1]
    n, _, height, width = pictures.shape
    cut = F.unfold(pictures, size, stride=size).transpose(1, 2)
    tokens = cut @ weight.flatten(1).T + state["patch_embed.proj.bias"]
    return tokens.reshape(n, height // size, width // size, -1)


def _places(state: State, rows: int, columns: int) -> Tensor:
    table = state["pos_embed"][0, 1:]
    side = int(len(table) ** 0.5)
    square = table.T.reshape(1, -1, side, side)
    resized = F.interpolate(square, (rows, columns), mode="bicubic", align_corners=False)
    return resized.permute(0, 2, 3, 1)


def _norm(state: State, name: str, z: Tensor) -> Tensor:
    centred = z - z.mean(-1, keepdim=True)
    scaled = centred / (centred.square().mean(-1, keepdim=True) + 1e-6).sqrt()
    return scaled * state[f"{name}weight"] + state[f"{name}bias"]


def _linear(state: State, name: str, z: Tensor) -> Tensor:
    return z @ state[f"{name}weight"].T + state[f"{name}bias"]


def _block(state: State, name: str, z: Tensor, heads: int, several: bool) -> Tensor:
    """One block on one stream (P, h, w, D); the query's rows share what attention adds."""
    attended = _attention(state, f"{name}attn.", _norm(state, f"{name}norm1.", z), heads)
    if several:
        upper, lower = attended.chunk(2, dim=1)
        mean = sum(entry for entry in lower) / len(lower)
        attended = torch.cat([upper, torch.stack([mean] * len(lower))], dim=1)
    z = z + attended
    inner = _linear(state, f"{name}mlp.fc1.", _norm(state, f"{name}norm2.", z))
    inner = 0.5 * inner * (1 + torch.erf(inner / 2**0.5))
    return z + _linear(state, f"{name}mlp.fc2.", inner)


def _attention(state: State, name: str, z: Tensor, heads: int) -> Tensor:
    n, h, w, dim = z.shape
    width = dim // heads
    projected = _linear(state, f"{name}qkv.", z).reshape(n, h * w, 3, heads, width)
    out = torch.empty(n, h * w, heads, width, dtype=z.dtype)
    rows, columns = torch.arange(h * w) // w, torch.arange(h * w) % w
    vertical = state[f"{name}rel_pos_h"][rows[:, None] - rows[None] + h - 1]
    horizontal = state[f"{name}rel_pos_w"][columns[:, None] - columns[None] + w - 1]
    for entry in range(n):
        for head in range(heads):
            q, k, v = projected[entry, :, :, head].unbind(1)
            logits = q @ k.T / width**0.5
            logits = logits + (q[:, None] * vertical).sum(-1) + (q[:, None] * horizontal).sum(-1)
            out[entry, :, head] = logits.softmax(-1) @ v
    return _linear(state, f"{name}proj.", out.reshape(n, h, w, dim))


def _decode(state: State, features: Tensor) -> Tensor:
    n, h, w, _ = features.shape
    channels = state["decoder_pred.0.bias"].shape[0]
    pixels = _linear(state, "decoder_embed.", features)
    size = int((pixels.shape[-1] // channels) ** 0.5)
    canvas = pixels.reshape(n, h, w, size, size, channels).permute(0, 5, 1, 3, 2, 4)
    canvas = canvas.reshape(n, channels, h * size, w * size)
    seen = F.conv2d(canvas, state["decoder_pred.0.weight"], state["decoder_pred.0.bias"], padding=1)
    seen = _norm(state, "decoder_pred.1.", seen.permute(0, 2, 3, 1))
    seen = 0.5 * seen * (1 + torch.erf(seen / 2**0.5))
    colours = seen @ state["decoder_pred.3.weight"].flatten(1).T + state["decoder_pred.3.bias"]
    return colours.permute(0, 3, 1, 2)
