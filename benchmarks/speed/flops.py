"""Floating-point operations by component, as torch's counter finds them while a model runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.speed.contest import Case

_KERNEL = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu


def _kernel_flops(q: Any, k: Any, v: Any, *rest: Any, **named: Any) -> int:
    """Two products of the queries (B, heads, M, d) with N keys; torch's counter lacks this one."""
    batch, heads, queries, width = q
    return 2 * batch * heads * queries * k[2] * (width + v[3])


def count_flops(run: Callable[[], object]) -> dict[str, int]:
    """FLOPs (two per multiplication with addition) of a call of ``Painter``, by component."""
    counter = FlopCounterMode(display=False, custom_mapping={_KERNEL: _kernel_flops})
    with torch.no_grad(), counter:
        run()
    counts = counter.get_flop_counts()

    def total(name: str) -> int:
        return sum(counts.get(name, {}).values())

    # The counter names what was called by class: all blocks are one.
    parts = {
        "patch embedding": total("PatchEmbed"),
        "attention, products": counts.get("Block.attn", {}).get(_KERNEL, 0),
        "attention, linear and positions": total("Block.attn"),
        "MLP": total("Block.mlp"),
        "decoder, linear": total("Global"),
        "decoder, convolutions": total("Sequential"),
    }
    parts["attention, linear and positions"] -= parts["attention, products"]
    parts["decoder, linear"] -= sum(total(n) for n in ("PatchEmbed", "Block", "Sequential"))
    return parts


def flop_rows(case: Case) -> list[dict[str, object]]:
    """GFLOP per picture: of whole canvases, and of our path for the query half."""
    model, images = case.model, case.images[:1]
    whole = count_flops(lambda: model.predict(images, case.targets, case.mask))
    with torch.no_grad():
        stream = model.target_stream(case.targets, case.mask)
    half = count_flops(lambda: model.predict_query(images, stream))
    whole["together"], half["together"] = sum(whole.values()), sum(half.values())
    return [
        {
            "component": name,
            "whole canvas": f"{whole[name] / 1e9:.3f}",
            "query half": f"{half[name] / 1e9:.3f}",
            "share": f"{half[name] / half['together']:.1%}",
        }
        for name in whole
    ]
