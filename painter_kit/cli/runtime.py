"""Where and with which numbers to compute, settled before any work starts."""

from __future__ import annotations

import re

from painter_kit.errors import InputError

PRECISIONS = ("fp32", "bf16")


def use_device(device: str = "auto", precision: str = "fp32", threads: int | None = None) -> str:
    """Settle device, precision and CPU threads; returns ``cpu``, ``cuda`` or ``cuda:N``.

    ``auto`` is the first GPU if there is one. A device is tried by allocating on it. GPUs compute
    fp32 in fp32, not in TF32, which PyTorch allows for convolutions. Raises
    ``InputError`` when the device does not exist or cannot compute in ``precision``.
    """
    import torch

    if precision not in PRECISIONS:
        raise InputError(f"--precision must be one of {', '.join(PRECISIONS)}, not {precision!r}")
    if threads is not None:
        torch.set_num_threads(threads)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    check_device(device)
    if device != "cpu":
        _try_gpu(device, precision)
    return device


def check_device(device: str) -> None:
    """Raise ``InputError`` for a name that no device of this machine has; none is touched."""
    import torch

    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", device):
        raise InputError(f"--device must be auto, cpu, cuda or cuda:N, not {device!r}")
    if device.startswith("cuda") and not torch.cuda.device_count():
        raise _unusable(device)


def _unusable(device: str) -> InputError:
    import torch

    count = torch.cuda.device_count()
    return InputError(
        f"--device {device} cannot be used ({count} GPUs found); use --device cpu or auto"
    )


def _try_gpu(device: str, precision: str) -> None:
    import torch

    try:
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise _unusable(device) from error
    if precision == "bf16" and not torch.cuda.is_bf16_supported():
        raise InputError(f"--precision bf16 is not supported by {device}; use fp32")
