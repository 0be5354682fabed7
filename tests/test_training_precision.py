"""bf16 products where they are asked for, or where the processor is good at them."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from painter_kit.training import precision
from painter_kit.training.loop import Trainer
from painter_kit.training.precision import autocast, in_force, loss_scaler, native_bf16, use_tf32
from tests.training_toys import SETTINGS, TINY, flat_batches

CPU = torch.device("cpu")


def product(name: str) -> torch.dtype:
    with autocast(name, CPU):
        return (torch.ones(2, 2) @ torch.ones(2, 2)).dtype


@pytest.mark.parametrize(
    ("known", "native"),
    [({"avx512_bf16": True}, True), ({"amx_bf16": True}, True), ({"avx512_f": True}, False)],
)
def test_auto_follows_the_processor(monkeypatch: pytest.MonkeyPatch, known: dict, native: bool):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: known, raising=False)
    assert native_bf16(CPU) is native
    assert product("auto") is (torch.bfloat16 if native else torch.float32)
    assert in_force("auto", CPU) == ("bf16" if native else "fp32")
    assert in_force("fp16", CPU) == "fp16"


def test_what_is_asked_for_is_done(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(precision, "native_bf16", lambda device: False)
    assert product("bf16") is torch.bfloat16
    assert product("fp32") is torch.float32


def losses(name: str, out: Path) -> tuple[list[float], torch.nn.Module]:
    torch.manual_seed(0)
    settings = replace(SETTINGS, precision=name, iterations=1, batch=8)
    run = Trainer(replace(TINY, drop_path_rate=0.0).build(), flat_batches(settings), settings, out)
    run.step(run.batches())
    return list(run.meter.summary(1.0, 1, 8).values())[:3], run.model


def test_weights_and_loss_stay_in_fp32_and_agree(tmp_path: Path):
    plain, _ = losses("fp32", tmp_path / "a")
    coarse, model = losses("bf16", tmp_path / "b")
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    assert coarse == pytest.approx(plain, rel=0.02)
    assert coarse != plain


def test_tf32_is_a_choice():
    for allowed in (True, False):
        use_tf32(allowed)
        assert torch.backends.cuda.matmul.allow_tf32 is allowed
        assert torch.backends.cudnn.allow_tf32 is allowed


def test_only_fp16_scales_its_loss():
    assert loss_scaler("fp16", CPU).is_enabled()
    assert not any(loss_scaler(name, CPU).is_enabled() for name in ("fp32", "bf16", "auto"))
    assert product("fp16") is torch.float16
