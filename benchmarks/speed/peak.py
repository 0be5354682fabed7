"""What the machine can do at most: large matrix products, in CPU time like everything else."""

from __future__ import annotations

import time

import torch

SIDE = 1536


@torch.inference_mode()
def matmul_peak(rounds: int = 8, side: int = SIDE) -> float:
    """FLOP per CPU second of float32 products of square matrices, the best of ``rounds``."""
    a, b = torch.randn(side, side), torch.randn(side, side)
    out = a @ b
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        torch.mm(a, b, out=out)
        best = min(best, time.process_time() - start)
    return 2 * side**3 / best
