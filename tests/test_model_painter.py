"""The network against the authors' numbers (tolerances as recorded with them)."""

import zlib

import numpy as np
import pytest
import torch

from painter_kit.model import attention, painter
from painter_kit.model.builders import CONFIGS
from painter_kit.model.losses import LOSSES
from painter_kit.model.painter import Painter
from tests.golden_models import (
    golden_arrays,
    golden_json,
    golden_painter,
    relative_error,
    tensor,
)
from tests.training_toys import TINY

LATENT, PRED, LOSS, GRAD, GRAD_KINK = 1e-5, 1e-4, 1e-5, 2e-4, 1e-3
CASES = [("A", "A"), ("B", "B"), ("A_resized", "A")]
VARIANT = {
    "img_size": (32, 16),
    "patch_size": 4,
    "embed_dim": 16,
    "depth": 4,
    "num_heads": 2,
    "taps": (2, 3),
    "merge_after": 1,
    "pretrain_img_size": 16,
    "decoder_embed_dim": 4,
}


def run(model, io, mask, requires_grad=False):
    images, targets = (tensor(io[k]).requires_grad_(requires_grad) for k in ("imgs", "tgts"))
    output = model(images, targets, tensor(io[f"mask_{mask}"]), tensor(io["valid"]))
    return images, targets, output


@pytest.fixture(params=["few", "many", "inference"])
def attention_form(request, monkeypatch):
    """Small goldens through the forms for training on few and many tokens and for inference."""
    if request.param == "inference":
        return
    form = {"few": attention.attend_explicit, "many": attention.attend_augmented}[request.param]
    monkeypatch.setattr(attention, "choose_attention", lambda *_: form)


@pytest.mark.parametrize(("case", "weights"), CASES)
@pytest.mark.parametrize("mask", ["half", "block"])
@pytest.mark.usefixtures("attention_form")
def test_latents_prediction_and_losses_are_the_authors(case, weights, mask):
    model, io = golden_painter(weights), golden_arrays(f"model_{case}.io.npz")
    losses = golden_json(f"model_{case}.info.json")["losses"]
    with torch.no_grad():
        latents = model.encode(tensor(io["imgs"]), tensor(io["tgts"]), tensor(io[f"mask_{mask}"]))
        for index, latent in enumerate(latents):
            assert relative_error(latent, io[f"{mask}.latent{index}"]) < LATENT
        for loss in LOSSES:
            model.loss = loss
            _, _, output = run(model, io, mask)
            assert relative_error(output.prediction, io[f"{mask}.pred"]) < PRED
            assert output.loss.item() == pytest.approx(losses[f"{mask}.{loss}"], rel=LOSS)


@pytest.mark.parametrize(("case", "weights"), CASES)
@pytest.mark.parametrize("few_tokens", [0, attention.FEW_TOKENS])
def test_gradients_are_the_authors(case, weights, few_tokens, monkeypatch):
    monkeypatch.setattr(attention, "FEW_TOKENS", few_tokens)
    model, io = golden_painter(weights), golden_arrays(f"model_{case}.io.npz")
    recorded = [key.split(".grad.") for key in io if ".grad." in key]
    assert recorded
    for mask, loss in sorted({tuple(setting.split(".")) for setting, _ in recorded}):
        model.loss = loss
        model.zero_grad()
        images, targets, output = run(model, io, mask, requires_grad=True)
        output.loss.backward()
        for setting, name in recorded:
            if setting != f"{mask}.{loss}":
                continue
            leaf = {"imgs": images, "tgts": targets}.get(name)
            grad = (model.get_parameter(name) if leaf is None else leaf).grad
            limit = GRAD_KINK if loss == "smoothl1" and name == "tgts" else GRAD
            assert relative_error(grad, io[f"{setting}.grad.{name}"]) < limit


def test_gradient_norm_of_every_parameter_is_the_authors():
    model, io = golden_painter("A"), golden_arrays("model_A.io.npz")
    norms = golden_json("model_A.info.json")["grad_norms"]["half.smoothl1"]
    run(model, io, "half")[2].loss.backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad.norm().item() == pytest.approx(norms[name], rel=GRAD, abs=1e-9)


def test_square_canvas_without_resampling_is_the_authors():
    model, io = golden_painter("C"), golden_arrays("model_C.io.npz")
    images, targets = (tensor(io[k]).requires_grad_() for k in ("imgs", "tgts"))
    latents = model.encode(images, targets, tensor(io["mask_block"]))
    for index, latent in enumerate(latents):
        assert relative_error(latent, io[f"block.latent{index}"]) < LATENT
    prediction = model.decode(latents)
    assert relative_error(prediction, io["block.pred"]) < PRED
    (prediction * tensor(io["projection"])).sum().backward()
    leaves = {"imgs": images, "tgts": targets}
    for name in (key[5:] for key in io if key.startswith("grad.")):
        leaf = leaves.get(name)
        grad = (model.get_parameter(name) if leaf is None else leaf).grad
        assert relative_error(grad, io[f"grad.{name}"]) < GRAD


def test_black_visible_prompts_take_no_part_in_the_loss_and_nothing_of_the_caller_changes():
    model, io = golden_painter("A"), golden_arrays("black_rule.io.npz")
    info = golden_json("black_rule.info.json")
    valid = tensor(io["valid"])
    before = valid.clone()
    mask = tensor(io["mask_half"])
    images, targets = (tensor(io[k]).requires_grad_() for k in ("imgs", "tgts"))
    for loss in LOSSES:
        model.loss = loss
        output = model(images, targets, mask, valid)
        assert output.loss.item() == pytest.approx(info["losses"][loss], rel=LOSS)
    assert relative_error(output.prediction, io["pred"]) < PRED
    assert torch.equal(valid, before)
    model.loss = "l2"
    model(images, targets, mask, valid).loss.backward()
    assert relative_error(images.grad, io["l2.grad.imgs"]) < GRAD
    assert relative_error(targets.grad, io["l2.grad.tgts"]) < GRAD
    with torch.no_grad():
        one = slice(1, 2)
        black = model(images[:1], targets[:1], mask[:1], valid[:1])
        unseen = model(images[one], targets[one], torch.ones_like(mask[one]), valid[one])
        open_ = model(images[one], targets[one], torch.zeros_like(mask[one]), valid[one])
    assert black.loss.item() == info["all_ignored_loss"]
    assert unseen.loss.item() == info["fully_masked_bright_loss"]
    assert open_.loss.item() == info["nothing_masked_loss"]


def test_forms_of_attention_agree_in_double_precision(monkeypatch):
    model = golden_painter("A").double()
    io = golden_arrays("model_A.io.npz")
    inputs = [torch.from_numpy(io[k]).double() for k in ("imgs", "tgts", "mask_block")]

    def predict(form):
        monkeypatch.setattr(attention, "choose_attention", lambda *_: form)
        with torch.no_grad():
            return model.predict(*inputs)

    explicit = predict(attention.attend_explicit)
    for form in (attention.attend_augmented, attention.attend_biased):
        assert (predict(form) - explicit).abs().max() < 1e-12 * explicit.abs().max()


def variant(**changes):
    """A small random model with relative tables that matter, and canvases with their mask."""
    torch.manual_seed(0)
    model = Painter(**{**VARIANT, **changes}).eval()
    for block in model.blocks:
        torch.nn.init.normal_(block.attn.rel_pos_h, std=0.5)
        torch.nn.init.normal_(block.attn.rel_pos_w, std=0.5)
    images, targets = torch.randn(2, 3, 3, 32, 16)
    mask = torch.zeros(1, 8, 4)
    mask[:, 4:] = 1
    return model, images, targets[:1].expand_as(images), mask


@pytest.mark.parametrize("merge_after", [0, 1, 2, 3, None])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"taps": (3,)},
        {"head": "linear"},
        {"type_tokens": True},
        {"qkv_bias": False, "img_size": (16, 8)},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    ("dtype", "limit"), [(torch.float32, 1e-5), (torch.float64, 1e-12)], ids=["fp32", "fp64"]
)
def test_the_query_half_alone_is_that_of_the_whole_canvas(merge_after, changes, dtype, limit):
    taps = {"taps": (2, 3) if merge_after != 3 else (3,)}
    model, *inputs = variant(merge_after=merge_after, **{**taps, **changes})
    images, targets, mask = (t.to(dtype) for t in inputs)
    model = model.to(dtype)
    whole = model.predict(images, targets, mask)[:, :, 16:].detach()
    with torch.inference_mode():
        half = model.predict_query(images, model.target_stream(targets[:1], mask))
    assert half.shape == (3, 3, 16, 16)
    assert (half - whole).abs().max() <= limit * whole.abs().max()


@pytest.mark.parametrize("rows", [1, 3, 7, 100])
@pytest.mark.parametrize("halo", [0, 1])
def test_a_canvas_painted_in_strips_is_the_same(monkeypatch, rows: int, halo: int):
    model, *_ = variant()
    model = model.double()
    latents = [torch.randn(2, 5, 4, 16, dtype=torch.float64) for _ in model.taps]
    seen = []
    model.decoder_pred.register_forward_hook(lambda *call: seen.append(call[1][0].shape[2]))
    whole = model.decode(latents, halo).detach()  # with gradients always in one piece
    height = seen.pop()
    monkeypatch.setattr(painter, "STRIP_ELEMENTS", rows * 2 * numbers_per_row(model))
    with torch.inference_mode():
        strips = model.decode(latents, halo)
    assert len(seen) == -(-height // min(rows, height))
    assert max(seen) <= rows + 2
    assert (strips - whole).abs().max() <= 1e-12 * whole.abs().max()


def numbers_per_row(model: Painter) -> int:
    """Numbers of one row of pixels that the head sees: four tokens wide."""
    return model.decoder_pred[0].in_channels * 4 * model.patch_size


def test_the_query_half_depends_on_the_row_of_pixels_above_it():
    model, *_ = variant()
    latents = [torch.randn(1, 5, 4, 16) for _ in model.taps]
    above = [latent.clone() for latent in latents]
    for latent in above:
        latent[:, :1] += 1
    with torch.no_grad():
        moved = (model.decode(above, halo=1) - model.decode(latents, halo=1)).abs().amax((0, 1, 3))
    assert moved[0] > 1e-6
    assert not moved[1:].any()


def test_gradients_of_the_query_half_are_those_of_the_whole_canvas():
    model, images, targets, mask = variant()
    model, images, targets = model.double(), images.double(), targets[:1].double()
    found = []
    for half in (False, True):
        leaves = images.clone().requires_grad_(), targets.clone().requires_grad_()
        if half:
            painted = model.predict_query(leaves[0], model.target_stream(leaves[1], mask))
        else:
            painted = model.predict(leaves[0], leaves[1].expand_as(images), mask)[:, :, 16:]
        found.append(torch.autograd.grad((painted**2).sum(), leaves))
    for whole, half in zip(*found, strict=True):
        assert (half - whole).abs().max() < 1e-12 * whole.abs().max()


def test_hidden_targets_cannot_influence_the_painting():
    model, io = golden_painter("A"), golden_arrays("model_A.io.npz")
    images, targets, mask = (tensor(io[k]) for k in ("imgs", "tgts", "mask_half"))
    other = targets.clone()
    other[:, :, 32:] = 7.0
    with torch.no_grad():
        assert torch.equal(model.predict(images, targets, mask), model.predict(images, other, mask))


def test_released_layout_has_352_entries_and_370721155_parameters():
    with torch.device("meta"):
        model = CONFIGS["painter-vit-large"].build()
    shapes = {k: list(v.shape) for k, v in model.state_dict().items()}
    golden = golden_json("full_size.json")
    assert shapes == golden["state_dict"]
    assert len(shapes) == 352
    assert sum(p.numel() for p in model.parameters()) == 370_721_155
    rates = [getattr(block.drop_path, "drop_prob", 0.0) for block in model.blocks]
    assert rates == pytest.approx(golden["drop_path_per_block"])


def test_initialisation_follows_the_release():
    torch.manual_seed(0)
    model = Painter(img_size=(128, 64), patch_size=8, embed_dim=64, depth=4, num_heads=2,
                    taps=(0, 1, 2, 3), pretrain_img_size=64)  # fmt: skip
    assert model.pos_embed.std().item() == pytest.approx(0.02, rel=0.1)
    assert model.blocks[0].attn.qkv.weight.std().item() == pytest.approx(0.02, rel=0.1)
    assert not model.blocks[0].attn.rel_pos_h.any()
    assert not model.blocks[0].mlp.fc1.bias.any()


@pytest.mark.parametrize("head", ["light", "linear"])
@pytest.mark.parametrize("merge_after", [0, None])
@pytest.mark.parametrize("type_tokens", [False, True])
def test_variants_paint_whole_canvases_and_train_every_parameter(head, merge_after, type_tokens):
    torch.manual_seed(0)
    model = Painter(img_size=(32, 16), patch_size=4, embed_dim=16, depth=2, num_heads=2,
                    taps=(0, 1), merge_after=merge_after, head=head, pretrain_img_size=16,
                    decoder_embed_dim=4, drop_path_rate=0.0, type_tokens=type_tokens)  # fmt: skip
    images, targets = torch.randn(2, 2, 3, 32, 16)
    mask = torch.zeros(2, 8, 4)
    mask[:, 4:] = 1
    output = model(images, targets, mask)
    assert output.prediction.shape == (2, 3, 32, 16)
    output.loss.backward()
    unused = {"type_token_cls"} if type_tokens else set()
    assert {n for n, p in model.named_parameters() if p.grad is None} == unused


@pytest.mark.slow
def test_full_size_model_paints_what_the_authors_paint():
    info, io = golden_json("full_scale.json"), golden_arrays("full_scale.npz")
    with torch.device("meta"):
        model = CONFIGS["painter-vit-large"].build()
    state = {k: _recipe_weight(k, tuple(v.shape)) for k, v in model.state_dict().items()}
    for name, check in info["weight_checks"].items():
        assert state[name].flatten()[:3].tolist() == pytest.approx(check["first3"], rel=1e-6)
    model.load_state_dict(state, strict=True, assign=True)
    model.eval()
    mask = torch.zeros(1, 56, 28)
    mask[:, 28:] = 1
    images, targets = (_enlarged(io[f"{k}_lowres_u8"]) for k in ("image", "target"))
    with torch.no_grad():
        latents = model.encode(images, targets, mask)
        prediction = model.decode(latents)
    for index, latent in enumerate(latents):
        sub = latent[:, ::8, ::4, ::64]
        assert relative_error(sub, io[f"latent{index}_sub"]) < 1e-4
    assert relative_error(prediction[:, :, 5::16, 7::16], io["pred_sub"]) < 5e-4
    assert relative_error(prediction[0, :, 700], io["pred_row_700"]) < 5e-4


def _recipe_weight(name: str, shape: tuple[int, ...]) -> torch.Tensor:
    """A weight of the golden full-size model, made by its published recipe."""
    random = np.random.RandomState(zlib.crc32(name.encode()) % 2**32)
    z = random.standard_normal(int(np.prod(shape))).astype(np.float32).reshape(shape)
    norm = any(part in name for part in (".norm1", ".norm2", "decoder_pred.1."))
    norm = norm or name.startswith("norm.")
    if norm:
        value = 1 + np.float32(0.1) * z if name.endswith("weight") else np.float32(0.05) * z
    elif "rel_pos" in name:
        value = np.float32(0.1) * z
    elif name == "pos_embed" or "token" in name:
        value = np.float32(0.2) * z
    elif len(shape) == 1:
        value = np.float32(0.05) * z
    else:
        gain = 0.5 if name.endswith(("attn.proj.weight", "mlp.fc2.weight")) else 1.0
        value = np.float32(gain / np.sqrt(z.size / shape[0])) * z
    return torch.from_numpy(value)


def _enlarged(small: np.ndarray) -> torch.Tensor:
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    large = small.repeat(32, axis=0).repeat(32, axis=1)
    return torch.from_numpy(((large / 255 - mean) / std).astype(np.float32)).permute(2, 0, 1)[None]


def test_recomputed_blocks_give_the_same_output_and_gradients():
    model = TINY.build().eval()
    images, targets = torch.randn(2, 2, 3, 32, 16)
    mask = torch.zeros(1, 8, 4)
    mask[:, 4:] = 1
    found = []
    for lean in (False, True):
        model.checkpoint_blocks = lean
        images = images.detach().requires_grad_(True)
        painted = model.predict(images, targets, mask)
        gradients = torch.autograd.grad(painted.square().sum(), [images, model.mask_token])
        found.append((painted, *gradients))
    for one, two in zip(*found, strict=True):
        assert torch.equal(one, two)
    with torch.no_grad():  # no effect where nothing is kept anyway
        torch.testing.assert_close(model.predict(images, targets, mask), found[0][0])
