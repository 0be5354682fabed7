"""Which numbers the network multiplies in training."""

from __future__ import annotations

import torch

# What processors call their instructions for products of bf16.
_NATIVE = ("avx512_bf16", "amx_bf16", "bf16")


def native_bf16(device: torch.device) -> bool:
    """Whether ``device`` multiplies bf16 by instructions of its own; others are slower with it."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    known = getattr(torch.cpu, "get_capabilities", dict)()  # absent from older versions
    return device.type == "cpu" and any(known.get(name, False) for name in _NATIVE)


def autocast(precision: str, device: torch.device) -> torch.autocast:
    """The context of a forward pass in ``fp32``, ``bf16`` or, for ``auto``, the faster of them."""
    wanted = precision == "bf16" or (precision == "auto" and native_bf16(device))
    return torch.autocast(device.type, torch.bfloat16, enabled=wanted)
