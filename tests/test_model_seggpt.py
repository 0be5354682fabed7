"""SegGPT under transformers' names, both ways, and what it paints against a plain description."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from benchmarks.speed.seggpt import make_seggpt, paint_seggpt
from painter_kit.errors import InputError
from painter_kit.inference.canvas import half_mask
from painter_kit.model.builders import CONFIGS, ModelConfig
from painter_kit.model.seggpt import (
    from_transformers,
    has_their_names,
    our_name,
    read_their_config,
    their_name,
    to_their_config,
    to_transformers,
)
from tests.seggpt_oracle import paint_by_description
from tests.seggpt_toys import SEGGPT, random_seggpt

# Written by hand from the list of parameters of SegGptForImageSegmentation.
OUTSIDE = {
    "mask_token": "model.embeddings.mask_token",
    "segment_token_x": "model.embeddings.segment_token_input",
    "segment_token_y": "model.embeddings.segment_token_prompt",
    "type_token_cls": "model.embeddings.type_token_semantic",
    "type_token_ins": "model.embeddings.type_token_instance",
    "pos_embed": "model.embeddings.position_embeddings",
    "patch_embed.proj.weight": "model.embeddings.patch_embeddings.projection.weight",
    "patch_embed.proj.bias": "model.embeddings.patch_embeddings.projection.bias",
    "norm.weight": "model.encoder.layernorm.weight",
    "norm.bias": "model.encoder.layernorm.bias",
    "decoder_embed.weight": "decoder.decoder_embed.weight",
    "decoder_embed.bias": "decoder.decoder_embed.bias",
    "decoder_pred.0.weight": "decoder.decoder_pred.conv.weight",
    "decoder_pred.0.bias": "decoder.decoder_pred.conv.bias",
    "decoder_pred.1.weight": "decoder.decoder_pred.layernorm.weight",
    "decoder_pred.1.bias": "decoder.decoder_pred.layernorm.bias",
    "decoder_pred.3.weight": "decoder.decoder_pred.head.weight",
    "decoder_pred.3.bias": "decoder.decoder_pred.head.bias",
}
INSIDE = {
    "norm1.weight": "layernorm_before.weight",
    "norm1.bias": "layernorm_before.bias",
    "attn.rel_pos_h": "attention.rel_pos_h",
    "attn.rel_pos_w": "attention.rel_pos_w",
    "attn.qkv.weight": "attention.qkv.weight",
    "attn.qkv.bias": "attention.qkv.bias",
    "attn.proj.weight": "attention.proj.weight",
    "attn.proj.bias": "attention.proj.bias",
    "norm2.weight": "layernorm_after.weight",
    "norm2.bias": "layernorm_after.bias",
    "mlp.fc1.weight": "mlp.lin1.weight",
    "mlp.fc1.bias": "mlp.lin1.bias",
    "mlp.fc2.weight": "mlp.lin2.weight",
    "mlp.fc2.bias": "mlp.lin2.bias",
}


def by_hand(depth: int) -> dict[str, str]:
    """Our names of a network of so many blocks and theirs."""
    blocks = {
        f"blocks.{i}.{ours}": f"model.encoder.layers.{i}.{theirs}"
        for i in range(depth)
        for ours, theirs in INSIDE.items()
    }
    return OUTSIDE | blocks


def test_every_name_has_its_counterpart():
    names = by_hand(12)
    assert {name: their_name(name) for name in names} == names
    assert {name: our_name(name) for name in names.values()} == {v: k for k, v in names.items()}
    state = random_seggpt().state_dict()
    assert set(state) == set(by_hand(SEGGPT.depth))
    assert (their_name("extra.norm"), our_name("decoder.extra")) == ("extra.norm", "decoder.extra")


def test_weights_go_there_and_back():
    state = random_seggpt().state_dict()
    theirs = to_transformers(state)
    assert has_their_names(theirs)
    assert not has_their_names(state)
    back = from_transformers(theirs)
    assert back.keys() == state.keys()
    assert all(torch.equal(back[name], state[name]) for name in state)


def test_a_painter_has_zero_type_tokens_there():
    painter = random_seggpt(type_tokens=False)
    theirs = to_transformers(painter.state_dict())
    assert len(theirs) == len(painter.state_dict()) + 2
    assert not theirs["model.embeddings.type_token_semantic"].any()
    with pytest.raises(ValueError, match="light head only"):
        to_transformers(random_seggpt(head="linear").state_dict())


def test_an_encoder_alone_is_told_from_the_whole():
    theirs = to_transformers(random_seggpt().state_dict())
    inner = {k.removeprefix("model."): v for k, v in theirs.items() if k.startswith("model.")}
    assert has_their_names(inner)
    with pytest.raises(InputError, match=r"SegGptModel, which has no decoder; save a SegGptForIm"):
        from_transformers(inner)


@pytest.mark.parametrize("config", [SEGGPT, CONFIGS["seggpt-vit-large"]], ids=["small", "large"])
def test_configurations_go_there_and_back(tmp_path: Path, config: ModelConfig):
    path = tmp_path / "config.json"
    path.write_text(json.dumps(to_their_config(config)))
    assert read_their_config(path) == replace(config, loss="smoothl1")


def test_what_a_configuration_leaves_out_is_as_released(tmp_path: Path):
    path = tmp_path / "config.json"
    path.write_text('{"model_type": "seggpt", "image_size": 448, "merge_index": 4}')
    expected = replace(CONFIGS["seggpt-vit-large"], img_size=(448, 448), merge_after=4)
    assert read_their_config(path) == expected
    path.write_text('{"model_type": "vit"}')
    assert read_their_config(path) is None
    assert read_their_config(tmp_path / "none.json") is None
    with pytest.raises(ValueError, match="always merges"):
        to_their_config(replace(SEGGPT, merge_after=None))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not readable as JSON"),
        ('{"model_type": "seggpt", "hidden_act": "relu"}', "hidden_act is 'relu', but painterkit"),
        ('{"model_type": "seggpt", "hidden_size": -8, "mlp_dim": 32}', "embed_dim must be 1 to"),
        ('{"model_type": "seggpt", "layer_norm_eps": 1e-5}', "layer_norm_eps is 1e-05"),
        ('{"model_type": "seggpt", "image_size": "big"}', "not a SegGPT configuration"),
        ('{"model_type": "seggpt", "hidden_size": 0, "mlp_dim": 4}', "not a SegGPT configuration"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_refused(tmp_path: Path, text: str, words: str):
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(InputError, match=words):
        read_their_config(path)


def canvases(prompts: int, dtype: torch.dtype = torch.float32) -> tuple[torch.Tensor, torch.Tensor]:
    """Images and targets (P, 3, 2S, S) of one query under several prompts."""
    random = torch.Generator().manual_seed(prompts)
    images, targets = torch.randn(2, prompts, 3, 32, 16, generator=random, dtype=dtype)
    images[:, :, 16:] = images[:1, :, 16:].clone()
    return images, targets


@pytest.mark.parametrize("segment_type", ["semantic", "instance"])
@pytest.mark.parametrize("prompts", [1, 2, 3])
@pytest.mark.parametrize(
    ("dtype", "limit"), [(torch.float32, 1e-5), (torch.float64, 1e-12)], ids=["fp32", "fp64"]
)
@pytest.mark.parametrize("merge_after", [0, 1, 2])
def test_paints_as_the_description_says(merge_after, dtype, limit, prompts, segment_type):
    model = random_seggpt(merge_after=merge_after).to(dtype)
    images, targets = canvases(prompts, dtype)
    mask = torch.from_numpy(half_mask(8, 4))[None]
    state = dict(model.state_dict())
    expected = paint_by_description(state, images, targets, 3, (2, 3), merge_after, segment_type)
    with torch.inference_mode():
        stream = model.target_stream(targets, mask, segment_type)
        painted = model.predict_query(images, stream, segment_type)
    assert painted.shape == (1, 3, 16, 16)
    assert (painted[0] - expected[0, :, 16:]).abs().max() <= limit * expected.abs().max()
    if prompts > 1:  # all entries agree below the row that sees the prompt through the decoder
        rest = expected[:, :, 17:]
        assert (rest - rest[:1]).abs().max() <= limit * expected.abs().max()


def test_the_type_token_matters_sample_by_sample():
    model = random_seggpt()
    images, targets = canvases(2)
    mask = torch.from_numpy(half_mask(8, 4))[None]
    with torch.no_grad():
        mixed = model.predict(images, targets, mask, ["semantic", "instance"])
        alone = [model.predict(images, targets, mask, kind) for kind in ("semantic", "instance")]
    assert torch.allclose(mixed, torch.stack([alone[0][0], alone[1][1]]), rtol=0, atol=1e-5)
    assert (alone[0] - alone[1]).abs().max() > 1e-2


@pytest.mark.parametrize("segment_type", ["semantic", "instance"])
def test_one_prompt_paints_what_transformers_paints(segment_type):
    pytest.importorskip("transformers", reason="not a dependency")
    model = random_seggpt()
    theirs = make_seggpt(model, SEGGPT)
    images, targets = canvases(3)
    mask = torch.from_numpy(half_mask(8, 4))[None]
    with torch.inference_mode():
        expected = paint_seggpt(theirs, images, targets, segment_type)
        painted = model.predict(images, targets, mask, segment_type)
    assert (painted - expected).abs().max() <= 1e-5 * expected.abs().max()


def test_transformers_has_the_names_written_here():
    pytest.importorskip("transformers", reason="not a dependency")
    theirs = make_seggpt(random_seggpt(), SEGGPT)
    assert set(theirs.state_dict()) == set(by_hand(SEGGPT.depth).values())
