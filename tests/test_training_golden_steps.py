"""Six updates with accumulation, clipping and layer decay, as the released trainer made them."""

import numpy as np
import pytest
import torch

from painter_kit.inference.canvas import to_tensor
from painter_kit.training.optim import build_optimizer, build_schedule
from painter_kit.training.recipe import OptimSettings
from tests.golden_models import golden_arrays, golden_json, golden_painter


def test_the_recorded_training_is_repeated():
    io, info = golden_arrays("train_steps.io.npz"), golden_json("train_steps.info.json")
    record = info["record"]
    model = golden_painter("A").train()
    for block in model.blocks:
        block.drop_path = torch.nn.Identity()  # recorded without
    settings = OptimSettings(
        lr=info["lr"],
        clip=info["clip_grad"],
        warmup=info["warmup_epochs"] / info["total_epochs"],
        weight_decay=info["weight_decay"],
        layer_decay=info["layer_decay"],
        betas=tuple(info["betas"]),
    )
    every, per_epoch = info["accum_iter"], info["iterations_per_epoch"]
    optimizer = build_optimizer(model, settings)
    schedule = build_schedule(optimizer, settings, per_epoch // every * info["total_epochs"])
    for micro in range(per_epoch * info["epochs_run"]):
        sample = micro % per_epoch
        if micro % every == 0:
            schedule.step_update(micro // every)
            optimizer.zero_grad()
        rate = max(group["lr"] for group in optimizer.param_groups)
        assert rate == pytest.approx(record["lr"][micro], abs=1e-9)
        images, targets = (to_tensor(io[k][sample], "cpu") for k in ("imgs_u8", "tgts_u8"))
        loss = model(images, targets, torch.from_numpy(io["masks"][sample])).loss
        assert loss.item() == pytest.approx(record["loss"][micro], rel=1e-5)
        (loss / every).backward()
        if micro % every == every - 1:
            norm = torch.nn.utils.clip_grad_norm_(model.parameters(), settings.clip)
            assert float(norm) == pytest.approx(record["grad_norm"][micro], rel=2e-4)
            optimizer.step()
        if sample == per_epoch - 1:
            check(model, io, f"after_epoch{micro // per_epoch}.")


def check(model: torch.nn.Module, io: dict[str, np.ndarray], prefix: str) -> None:
    names = [key[len(prefix) :] for key in io if key.startswith(prefix)]
    assert len(names) == 9
    for name in names:
        ours = model.get_parameter(name).detach().numpy()
        assert np.abs(ours - io[prefix + name]).max() < 5e-6, name
