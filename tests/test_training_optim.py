"""Parameter groups, schedule and optimisers against the released code's numbers."""

import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from timm.optim import muon
from torch import nn

from painter_kit.errors import InputError
from painter_kit.inference.canvas import to_tensor
from painter_kit.training import optim
from painter_kit.training.optim import build_optimizer, build_schedule, freeze, parameter_groups
from painter_kit.training.recipe import OptimSettings
from tests.golden_models import golden_arrays, golden_json, golden_painter

RELEASED = OptimSettings()
MUON = replace(RELEASED, name="muon", lr=0.02, fallback_scale=0.075, layer_decay=1.0)


def test_groups_are_those_of_the_released_code():
    model, golden = golden_painter("A"), golden_json("param_groups_A.json")["params"]
    names = {id(p): name for name, p in model.named_parameters()}
    groups = parameter_groups(model, RELEASED)
    assert len(groups) == 52
    found = {names[id(p)]: group for group in groups for p in group["params"]}
    assert found.keys() == golden.keys()
    for name, group in found.items():
        assert group["lr_scale"] == pytest.approx(golden[name]["lr_scale"], abs=1e-9), name
        assert group["weight_decay"] == golden[name]["weight_decay"], name


def test_every_parameter_of_a_group_shares_the_golden_group():
    model, golden = golden_painter("A"), golden_json("param_groups_A.json")["params"]
    names = {id(p): name for name, p in model.named_parameters()}
    for group in parameter_groups(model, RELEASED):
        assert len({golden[names[id(p)]]["group"] for p in group["params"]}) == 1


@pytest.mark.parametrize("index", range(4))
def test_schedule_is_that_of_the_released_code(index: int):
    """Released rates move with the micro-batch inside an epoch; an update uses that of its first.

    Two of the settings have epochs that are no whole number of updates: there the released
    updates fall between ours, so the schedule is stepped by micro-batches to meet them.
    """
    setting = golden_json("schedule.info.json")["settings"][index]
    golden = golden_arrays("schedule.npz")[f"lr_{index}"]
    every, per_epoch = setting["accum_iter"], setting["steps_per_epoch"]
    whole = per_epoch % every == 0
    steps = per_epoch * setting["epochs"] // (every if whole else 1)
    settings = OptimSettings(
        lr=setting["actual_lr"],
        min_lr=setting["min_lr"],
        warmup=setting["warmup_epochs"] / setting["epochs"],
    )
    scales = (1.0, 0.8**25, 0.8**3)
    groups = [{"params": [nn.Parameter(torch.zeros(1))], "lr_scale": s} for s in scales]
    optimizer = torch.optim.AdamW(groups, lr=settings.lr)
    schedule = build_schedule(optimizer, settings, steps)
    for epoch in range(setting["epochs"]):
        for micro in range(0, per_epoch, every):  # a window cut by the epoch's end is begun anew
            place = epoch * per_epoch + micro
            schedule.step_update(place // every if whole else place)
            rates = [group["lr"] for group in optimizer.param_groups]
            np.testing.assert_allclose(rates, golden[place], rtol=0, atol=1e-9)


def test_the_first_rate_is_zero_and_the_peak_is_reached():
    optimizer = torch.optim.AdamW([nn.Parameter(torch.zeros(1))], lr=0.5)
    schedule = build_schedule(optimizer, OptimSettings(lr=0.5, warmup=0.25), 8)
    rates = []
    for update in range(8):
        schedule.step_update(update)
        rates.append(optimizer.param_groups[0]["lr"])
    assert rates[:3] == [0, 0.25, 0.5]
    assert all(a > b > 0 for a, b in pairwise(rates[2:]))


def linear_rates(iterations: int, **changes: float) -> list[float]:
    settings = OptimSettings(lr=0.5, schedule="linear", **changes)
    optimizer = torch.optim.AdamW([nn.Parameter(torch.zeros(1))], lr=0.5)
    schedule = build_schedule(optimizer, settings, iterations)
    rates = []
    for update in range(iterations):
        schedule.step_update(update)
        rates.append(optimizer.param_groups[0]["lr"])
    return rates


def test_a_linear_schedule_rises_stays_and_falls():
    rates = linear_rates(10, warmup=0.2, decay=0.4, min_lr=0.1)
    assert rates == pytest.approx([0, 0.25, 0.5, 0.5, 0.5, 0.5, 0.5, 0.4, 0.3, 0.2])


def test_the_end_of_a_linear_schedule_may_be_chosen_late():
    """Up to where the shorter run begins to fall, runs of two lengths are one run."""
    short, long = (linear_rates(n, warmup=4 / n, decay=0.5) for n in (20, 40))
    assert short[:11] == long[:11]
    assert short[11] < long[11] == 0.5


def test_layers_keep_their_share_of_a_linear_schedule():
    groups = [{"params": [nn.Parameter(torch.zeros(1))], "lr_scale": s} for s in (1.0, 0.25)]
    optimizer = torch.optim.AdamW(groups, lr=0.5)
    settings = OptimSettings(lr=0.5, schedule="linear", warmup=0.0, decay=1.0)
    build_schedule(optimizer, settings, 10).step_update(5)
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([0.25, 0.0625])


def test_muon_takes_the_matrices_of_the_blocks_alone():
    model = golden_painter("A")
    names = {id(p): name for name, p in model.named_parameters()}
    optimizer = build_optimizer(model, MUON)
    matrices = {
        names[id(p)]
        for group in optimizer.param_groups
        if not group.get("use_fallback")
        for p in group["params"]
        if p.ndim > 1  # Muon leaves vectors to AdamW by itself
    }
    kinds = ("attn.qkv", "attn.proj", "mlp.fc1", "mlp.fc2")
    assert matrices == {f"blocks.{i}.{kind}.weight" for i in range(24) for kind in kinds}


def test_muon_steps_are_orthogonal_and_the_others_scaled():
    model = golden_painter("C")
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    settings = replace(MUON, weight_decay=0.0)
    optimizer = build_optimizer(model, settings)
    generator = torch.Generator().manual_seed(0)
    for p in model.parameters():
        p.grad = torch.randn(p.shape, generator=generator)
    optimizer.step()
    moved = {name: p.detach() - before[name] for name, p in model.named_parameters()}
    singular = torch.linalg.svdvals(moved["blocks.0.attn.proj.weight"]) / settings.lr
    assert singular.max() < 1.5  # the plain gradient's would differ by orders of magnitude
    assert singular.median() > 0.5
    # The first step of Adam is the rate whatever the gradient; Nesterov adds 0.9 of it again.
    step = float(moved["norm.weight"].abs().max()) / (settings.lr * settings.fallback_scale)
    assert step == pytest.approx(1 + settings.betas[0], rel=1e-3)


@pytest.mark.parametrize(("native", "exact"), [(True, torch.bfloat16), (False, torch.float32)])
def test_muon_multiplies_what_the_device_multiplies_fast(
    native: bool, exact: torch.dtype, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(optim, "native_bf16", lambda device: native)
    weight = nn.Parameter(torch.zeros(6, 4))
    weight.grad = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
    settings = {"lr": 1.0, "weight_decay": 0.0, "momentum": 0.0, "ns_coefficients": "original"}
    optim.Muon([weight], **settings).step()
    steps = [(3.4445, -4.7750, 2.0315)]
    expected = {
        dtype: muon.zeropower_via_newtonschulz(weight.grad, 5, steps, dtype=dtype).float()
        for dtype in (torch.bfloat16, torch.float32)
    }
    assert not torch.equal(*expected.values())
    ratio = weight.detach() / expected[exact]  # Muon scales a matrix's update as a whole
    assert torch.allclose(ratio, ratio.mean().expand_as(ratio), rtol=1e-6)


def test_the_recorded_training_is_repeated():
    """Six updates with accumulation, clipping and layer decay, as the released trainer made."""
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
            check_parameters(model, io, f"after_epoch{micro // per_epoch}.")


def check_parameters(model: torch.nn.Module, io: dict[str, np.ndarray], prefix: str) -> None:
    names = [key[len(prefix) :] for key in io if key.startswith(prefix)]
    assert len(names) == 9
    for name in names:
        ours = model.get_parameter(name).detach().numpy()
        assert np.abs(ours - io[prefix + name]).max() < 5e-6, name


def test_frozen_parameters_are_in_no_group():
    model = golden_painter("A")
    freeze(model, ["blocks.?.*", "patch_embed.*"])
    names = {id(p): name for name, p in model.named_parameters()}
    trained = {names[id(p)] for group in parameter_groups(model, RELEASED) for p in group["params"]}
    assert "blocks.10.norm1.weight" in trained
    frozen = set(names.values()) - trained
    assert frozen == {n for n in names.values() if re.match(r"patch_embed|blocks\.\d\.", n)}


@pytest.mark.parametrize(
    ("patterns", "words"),
    [(["block.*"], "'block.*' matches no parameter"), (["*"], "nothing is left to train")],
)
def test_useless_patterns_are_named(patterns: list[str], words: str):
    with pytest.raises(InputError, match=re.escape(words)):
        freeze(golden_painter("A"), patterns)
