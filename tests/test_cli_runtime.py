"""Device, precision and threads are settled before work starts."""

import pytest
import torch

from painter_kit.cli.runtime import use_device
from painter_kit.errors import InputError


def test_auto_is_a_device_that_works():
    assert torch.ones(2, device=use_device()).sum().item() == 2


@pytest.mark.parametrize("device", ["gpu", "cuda:x", "cpu:1", ""])
def test_an_unknown_device_is_named(device: str):
    with pytest.raises(
        InputError, match=f"--device must be auto, cpu, cuda or cuda:N, not '{device}'"
    ):
        use_device(device)


def test_a_missing_gpu_is_found_out_at_once():
    with pytest.raises(InputError, match="--device cuda:99 cannot be used"):
        use_device("cuda:99")


def test_an_unknown_precision_is_named():
    with pytest.raises(InputError, match="--precision must be one of fp32, bf16, not 'fp8'"):
        use_device("cpu", "fp8")


def test_threads_are_set():
    before = torch.get_num_threads()
    try:
        use_device("cpu", threads=1)
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)


def test_fp32_is_not_computed_in_tf32():
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    use_device("cpu")
    assert not torch.backends.cuda.matmul.allow_tf32
    assert not torch.backends.cudnn.allow_tf32
