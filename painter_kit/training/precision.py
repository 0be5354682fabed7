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


def in_force(precision: str, device: torch.device) -> str:
    """``precision`` itself, and for ``auto`` bf16 where ``device`` is faster with it, or fp32."""
    if precision != "auto":
        return precision
    return "bf16" if native_bf16(device) else "fp32"


def autocast(precision: str, device: torch.device) -> torch.autocast:
    """The context of a forward pass in ``fp32``, ``bf16``, ``fp16`` or ``auto`` (``in_force``)."""
    numbers = in_force(precision, device)
    if numbers == "fp16":
        return torch.autocast(device.type, torch.float16)
    return torch.autocast(device.type, torch.bfloat16, enabled=numbers == "bf16")


def loss_scaler(precision: str, device: torch.device) -> torch.amp.GradScaler:
    """Keeps the small gradients of fp16 from vanishing; does nothing for other numbers."""
    return torch.amp.GradScaler(device.type, enabled=precision == "fp16")


def use_tf32(allowed: bool) -> None:
    """Whether GPUs may shorten fp32 products to TF32 (10 bits); cuDNN picks its fastest kernels
    in any case, as released."""
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = allowed
    torch.backends.cudnn.benchmark = True
