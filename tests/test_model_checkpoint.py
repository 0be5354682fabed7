"""Loading and saving weights: exact, strict and safe."""

import argparse
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from benchmarks.speed.seggpt import make_seggpt, paint_seggpt
from painter_kit.errors import InputError
from painter_kit.inference.canvas import half_mask
from painter_kit.model.builders import CONFIGS, ModelConfig, infer_config
from painter_kit.model.checkpoint import (
    checkpoint_config,
    init_from_mae,
    load_painter,
    model_digest,
    save_painter,
)
from painter_kit.model.painter import Painter
from painter_kit.model.seggpt import to_their_config, to_transformers
from tests.golden_models import GOLDEN, golden_painter
from tests.seggpt_toys import SEGGPT, random_seggpt

SMALL = replace(CONFIGS["world-tiny"], embed_dim=16, depth=4, num_heads=2, decoder_embed_dim=4,
                taps=(1, 2, 3))  # fmt: skip


@pytest.fixture
def golden():
    return golden_painter("A")


def same(a: Painter, b: Painter) -> bool:
    left, right = a.state_dict(), b.state_dict()
    return left.keys() == right.keys() and all(torch.equal(left[k], right[k]) for k in left)


def test_golden_safetensors_load_by_their_shapes(golden):
    loaded = load_painter(GOLDEN / "model_A.safetensors")
    assert same(loaded, golden)
    assert not loaded.training


def test_released_layout_with_a_namespace_beside_the_weights(tmp_path, golden):
    path = tmp_path / "painter.pth"
    extra = {"args": argparse.Namespace(lr=1e-3), "epoch": 14, "scaler": {"scale": 1.0}}
    torch.save({"model": golden.state_dict(), "optimizer": {}, **extra}, path)
    assert same(load_painter(path), golden)


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "module._orig_mod."])
def test_wrapper_prefixes_are_stripped(tmp_path, golden, prefix):
    path = tmp_path / "wrapped.pth"
    torch.save({"model": {prefix + k: v for k, v in golden.state_dict().items()}}, path)
    assert same(load_painter(path), golden)


def test_checkpoint_wrappers_inside_names_are_stripped(tmp_path, golden):
    state = {
        k.replace("attn.", "_checkpoint_wrapped_module.attn."): v
        for k, v in golden.state_dict().items()
    }
    torch.save(state, tmp_path / "plain.pt")
    assert same(load_painter(tmp_path / "plain.pt"), golden)


def test_own_checkpoints_keep_their_configuration(tmp_path):
    config = replace(SMALL, merge_after=None, taps=(1, 3), head="linear")
    model = config.build()
    save_painter(model, config, tmp_path / "run" / "model.safetensors")
    for where in (tmp_path / "run", tmp_path / "run" / "model.safetensors"):
        loaded = load_painter(where)
        assert same(loaded, model)
        assert (loaded.merge_after, loaded.taps, loaded.head) == (None, (1, 3), "linear")


def test_equal_checkpoints_are_equal_files(tmp_path):
    model = SMALL.build()
    for name in "abcdef":
        save_painter(model, SMALL, tmp_path / f"{name}.safetensors")
    assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 1


def test_own_checkpoints_are_compared_with_their_checksum(tmp_path):
    path = tmp_path / "model.safetensors"
    save_painter(SMALL.build(), SMALL, path)
    content = bytearray(path.read_bytes())
    content[-1] ^= 64
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"model\.safetensors: .*its checksum does not match"):
        load_painter(path)


def test_half_precision_weights_are_computed_with_in_single(tmp_path, golden):
    halved = {k: v.half() for k, v in golden.state_dict().items()}
    save_file(halved, tmp_path / "half.safetensors")
    assert load_painter(tmp_path / "half.safetensors").norm.weight.dtype == torch.float32


class Harmful:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_a_pickle_that_would_execute_code_is_refused_and_not_executed(tmp_path):
    trap = tmp_path / "executed"
    torch.save({"model": Harmful(str(trap))}, tmp_path / "evil.pth")
    with pytest.raises(InputError, match=r"evil.pth: refused, because reading it would execute"):
        load_painter(tmp_path / "evil.pth")
    assert not trap.exists()


@pytest.mark.parametrize("name", ["broken.pth", "broken.safetensors"])
@pytest.mark.parametrize("content", [b"", b"not a checkpoint at all", b"PK\x03\x04 truncated"])
def test_unreadable_files_are_refused_by_name(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=name):
        load_painter(tmp_path / name)


def test_truncated_checkpoint_is_refused(tmp_path, golden):
    path = tmp_path / "cut.pth"
    torch.save({"model": golden.state_dict()}, path)
    path.write_bytes(path.read_bytes()[:200_000])
    with pytest.raises(InputError, match=r"cut.pth"):
        load_painter(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: s.pop("norm.bias"), "missing norm.bias"),
        (lambda s: s.update(extra=torch.zeros(1)), "unexpected extra"),
        (lambda s: s.update({"norm.bias": torch.zeros(3)}), r"norm.bias is \(3,\) instead of"),
        (lambda s: s.pop("pos_embed"), "missing pos_embed"),
    ],
)
def test_any_difference_is_listed(tmp_path, golden, change, words):
    state = dict(golden.state_dict())
    change(state)
    torch.save({"model": state}, tmp_path / "other.pth")
    with pytest.raises(InputError, match=rf"other.pth: not a Painter checkpoint: .*{words}"):
        load_painter(tmp_path / "other.pth")


def test_names_without_embedded_weights_say_which_file_is_needed():
    with pytest.raises(InputError, match=r"painter-vit-large.*painter_vit_large.pth"):
        load_painter("painter-vit-large")
    with pytest.raises(InputError, match=r"checkpoint 'nowhere.pth': no such file"):
        load_painter("nowhere.pth")


def test_a_folder_without_weights_says_what_it_should_hold(tmp_path):
    with pytest.raises(InputError, match=r"holds none of model.safetensors, pytorch_model.bin"):
        load_painter(tmp_path)


def test_seggpt_is_named_by_the_file_that_its_authors_publish():
    with pytest.raises(InputError, match=r"seggpt-vit-large.*seggpt_vit_large.pth"):
        load_painter("seggpt-vit-large")
    with pytest.raises(InputError, match=r"painter-vit-base.*train them"):
        load_painter("painter-vit-base")


def test_the_authors_seggpt_loads_with_its_type_tokens(tmp_path, caplog):
    model = random_seggpt(depth=6, taps=(2, 5), merge_after=2)
    extra = {"args": argparse.Namespace(seg_type="instance"), "epoch": 1}
    torch.save({"model": model.state_dict(), **extra}, tmp_path / "seggpt.pth")
    with caplog.at_level("INFO"):
        loaded = load_painter(tmp_path / "seggpt.pth")
    assert same(loaded, model)
    assert loaded.type_tokens
    assert model_digest(loaded) == model_digest(model)
    assert "seggpt.pth: a SegGPT (with type tokens) in the released layout: 6 blocks of" in (
        caplog.text
    )
    assert "width 24, 3 heads, canvas 32 x 16, patches of 4" in caplog.text
    # There is nothing but its own names in a file, so one token alone is a file cut short.
    state = model.state_dict()
    state.pop("type_token_cls")
    torch.save({"model": state}, tmp_path / "cut.pth")
    with pytest.raises(InputError, match="missing type_token_cls"):
        load_painter(tmp_path / "cut.pth")


def transformers_folder(folder: Path, model: Painter, config: ModelConfig, file: str) -> Path:
    """What transformers' ``save_pretrained`` leaves."""
    folder.mkdir()
    state = to_transformers(model.state_dict())
    if file.endswith("safetensors"):
        save_file(state, folder / file, {"format": "pt"})
    else:
        torch.save(state, folder / file)
    (folder / "config.json").write_text(json.dumps(to_their_config(config)))
    return folder


@pytest.mark.parametrize("file", ["model.safetensors", "pytorch_model.bin"])
def test_a_folder_of_transformers_loads_as_its_configuration_says(tmp_path, caplog, file):
    model = random_seggpt()  # whose taps and merge point no shape tells
    folder = transformers_folder(tmp_path / "hf", model, SEGGPT, file)
    for where in (folder, folder / file):
        with caplog.at_level("INFO"):
            loaded = load_painter(where)
        assert same(loaded, model)
        assert (loaded.taps, loaded.merge_after) == ((2, 3), 1)
        assert model_digest(loaded) == model_digest(model)
    assert "a SegGPT (with type tokens) in the layout of transformers" in caplog.text
    (folder / "config.json").unlink()
    guessed = checkpoint_config(folder)
    assert guessed.taps == (1, 3)  # evenly spaced, as released
    assert guessed.merge_after == 1  # no later than the first of them


def test_a_file_of_transformers_alone_is_laid_out_as_released(tmp_path):
    model = random_seggpt(depth=6, taps=(2, 5), merge_after=2)
    save_file(to_transformers(model.state_dict()), tmp_path / "model.safetensors")
    loaded = load_painter(tmp_path)
    assert same(loaded, model)
    assert (loaded.taps, loaded.merge_after, loaded.type_tokens) == ((2, 5), 2, True)


def test_differences_are_told_in_the_names_of_the_file(tmp_path):
    model = random_seggpt()
    folder = transformers_folder(tmp_path / "hf", model, SEGGPT, "pytorch_model.bin")
    state = to_transformers(model.state_dict())
    del state["model.encoder.layernorm.bias"]
    del state["model.embeddings.type_token_instance"]
    state["decoder.decoder_pred.conv.bias"] = torch.zeros(9)
    state["vision.head"] = torch.zeros(1)
    torch.save(state, folder / "pytorch_model.bin")
    with pytest.raises(InputError) as caught:
        load_painter(folder)
    words = str(caught.value)
    assert "decoder.decoder_pred.conv.bias is (9,) instead of (4,)" in words
    assert "model.embeddings.type_token_instance" in words.split("missing")[1].split(";")[0]
    assert "model.encoder.layernorm.bias" in words.split("missing")[1].split(";")[0]
    assert "unexpected vision.head" in words
    assert "a whole SegGPT of transformers" in words
    torch.save({k: v for k, v in state.items() if "decoder" not in k}, folder / "x.bin")
    with pytest.raises(InputError, match=r"x.bin: .*SegGptModel, which has no decoder"):
        load_painter(folder / "x.bin")


def test_many_differences_are_counted(tmp_path, golden):
    state = {k: v for k, v in golden.state_dict().items() if "mlp" not in k or "blocks.0" in k}
    torch.save(state, tmp_path / "cut.pth")
    with pytest.raises(InputError, match=r"missing (blocks\S+, ){3}blocks\S+ and \d+ more"):
        load_painter(tmp_path / "cut.pth")


@pytest.mark.parametrize("shard", ["10GB", "40KB"])
def test_what_transformers_saves_paints_the_same_here(tmp_path, shard):
    pytest.importorskip("transformers", reason="not a dependency")
    model = random_seggpt()
    theirs = make_seggpt(model, SEGGPT)
    theirs.save_pretrained(tmp_path / "hf", max_shard_size=shard)
    assert (tmp_path / "hf" / "model.safetensors").is_file() == (shard == "10GB")
    loaded = load_painter(tmp_path / "hf")
    assert model_digest(loaded) == model_digest(model)
    images, targets = torch.randn(2, 1, 3, 32, 16)
    mask = torch.from_numpy(half_mask(8, 4))[None]
    with torch.no_grad():
        expected = paint_seggpt(theirs, images, targets)
        painted = loaded.predict(images, targets, mask)
    assert (painted - expected).abs().max() <= 1e-5 * expected.abs().max()


def mae_state(model: Painter) -> dict[str, torch.Tensor]:
    """Weights in MAE's encoder layout for this model, all different from its own."""
    shared = ("patch_embed", "norm", "pos_embed")
    state = {
        k: v + 1
        for k, v in model.state_dict().items()
        if k.startswith(shared) or (k.startswith("blocks") and "rel_pos" not in k)
    }
    return state | {"cls_token": torch.zeros(1, 1, 16)}


@pytest.mark.parametrize("full", [False, True])
def test_mae_initialises_what_it_shares_and_nothing_else(tmp_path, full):
    model = SMALL.build()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    state = mae_state(model)
    if full:
        extra = (
            "mask_token",
            "decoder_pos_embed",
            "decoder_embed.weight",
            "decoder_embed.bias",
            "decoder_blocks.0.norm1.weight",
            "decoder_norm.weight",
            "decoder_pred.weight",
        )
        state |= {name: torch.zeros(1, 1, 8) for name in extra}  # fmt: skip
    torch.save({"model": state}, tmp_path / "mae.pth")
    init_from_mae(model, tmp_path / "mae.pth")
    for name, value in model.state_dict().items():
        random = "rel_pos" in name or name.startswith("decoder_") or name.endswith("_token")
        random = random or name.startswith("segment_token")
        assert torch.equal(value, before[name] if random else state[name]), name


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: s.pop("blocks.2.mlp.fc1.bias"), "missing blocks.2.mlp.fc1.bias"),
        (lambda s: s.update(head=torch.zeros(1)), "unexpected head"),
        (lambda s: s.update(pos_embed=torch.zeros(1, 2, 16)), "pos_embed is"),
    ],
)
def test_other_mae_files_are_refused_and_leave_the_model_alone(tmp_path, change, words):
    model = SMALL.build()
    before = model_digest(model)
    state = mae_state(model)
    change(state)
    torch.save({"model": state}, tmp_path / "mae.pth")
    with pytest.raises(InputError, match=words):
        init_from_mae(model, tmp_path / "mae.pth")
    assert model_digest(model) == before


def test_load_painter_refuses_mae_weights(tmp_path):
    torch.save({"model": mae_state(SMALL.build())}, tmp_path / "mae.pth")
    with pytest.raises(InputError, match="MAE pre-training weights, not a Painter"):
        load_painter(tmp_path / "mae.pth")


def test_digest_follows_weights_and_layout(golden):
    assert model_digest(golden) == model_digest(golden_painter("A"))
    digest = model_digest(golden)
    golden.taps = (4, 11, 17, 23)
    assert model_digest(golden) != digest
    other = golden_painter("A")
    with torch.no_grad():
        other.norm.bias[0] += 1e-3
    assert model_digest(other) != digest
    assert infer_config(other.state_dict()).build().canvas == 32


def test_the_configuration_can_be_had_without_the_model(tmp_path, golden):
    assert checkpoint_config("world-tiny") == CONFIGS["world-tiny"]
    torch.save(golden.state_dict(), tmp_path / "a.pth")
    assert checkpoint_config(tmp_path / "a.pth").embed_dim == 48
    with pytest.raises(InputError, match="no such file"):
        checkpoint_config(tmp_path / "b.pth")
