"""Ensembles as values, as folders, and as what is painted under them."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from painter_kit import load_prompt
from painter_kit.errors import InputError
from painter_kit.inference.canvas import tiled, to_tensor
from painter_kit.inference.ensemble import HOWS, EnsemblePrompt, mean_output, name_of
from painter_kit.inference.parted import forwards_of
from painter_kit.inference.predictor import Predictor
from painter_kit.inference.prompt import Prompt
from painter_kit.model.painter import IMAGE_MEAN, IMAGE_STD, Painter
from painter_kit.types import Coding, Pair, Spec
from tests.training_toys import TINY

RNG = np.random.default_rng(0)
CODING = Coding(palette=((1, 2, 3), (4, 5, 6)))
SPEC = Spec("toy", "toys", 16, "error", "min", "u", Coding(), None)


def member(name: str, coding: Coding = CODING, task: str = "toy") -> Prompt:
    pictures = RNG.integers(0, 256, (2, 16, 16, 3), dtype=np.uint8)
    return Prompt(Pair(*pictures, coding), task, provenance={"candidate": name})


A, B, C = (member(name) for name in "abc")
QUERIES = list(RNG.integers(0, 256, (5, 16, 16, 3), dtype=np.uint8))


def test_round_trip_keeps_order_and_multiplicity(tmp_path: Path):
    prompt = EnsemblePrompt(
        (A, B, A),
        "features",
        kind="searched",
        spec_digest="s",
        model_digest="m",
        provenance={"seed": 1},
        scores={"x": 2},
        confirm_touches=3,
    )
    prompt.save(tmp_path / "p")
    back = load_prompt(tmp_path / "p")
    assert isinstance(back, EnsemblePrompt)
    assert [m.digest for m in back.members] == [A.digest, B.digest, A.digest]
    assert (back.how, back.kind, back.task) == ("features", "searched", "toy")
    assert (back.spec_digest, back.model_digest, back.provenance) == ("s", "m", {"seed": 1})
    assert (back.digest, back.scores, back.confirm_touches) == (prompt.digest, {"x": 2}, 3)
    assert sorted(p.name for p in (tmp_path / "p").iterdir()) == ["00", "01", "prompt.json"]
    assert Prompt.load(tmp_path / "p" / "01").digest == B.digest
    prompt.with_scores({"x": 3}, 4).save(tmp_path / "p")
    assert load_prompt(tmp_path / "p").scores == {"x": 3}


def test_the_digest_tells_members_and_averaging():
    kinds = [
        EnsemblePrompt(members, how)
        for members in ((A,), (A, B), (A, A, B), (A, C))
        for how in HOWS
    ]
    assert len({p.digest for p in kinds} | {A.digest}) == len(kinds) + 1
    assert EnsemblePrompt((A, B), provenance={"a": 1}).digest == kinds[len(HOWS)].digest


def test_what_a_query_costs():
    assert EnsemblePrompt((A, B, A)).forwards == 2
    assert EnsemblePrompt((A, B, A), "features").forwards == 3
    assert EnsemblePrompt((A, B, A), "grid").forwards == 1
    assert forwards_of(A) == 1
    assert forwards_of(EnsemblePrompt((A, B))) == 2


def test_members_share_task_and_coding():
    assert EnsemblePrompt((A, B)).effective(SPEC).coding == CODING
    with pytest.raises(InputError, match="prompts a and odd differ in their coding"):
        EnsemblePrompt((A, B, member("odd", Coding())))
    with pytest.raises(InputError, match="prompts a and other differ in their task"):
        EnsemblePrompt((A, member("other", task="depth")))
    unnamed = replace(A, provenance={})
    assert name_of(unnamed) == A.digest[:8]


@pytest.mark.parametrize(
    ("fields", "words"),
    [({"members": ()}, "at least one"), ({"how": "votes"}, "how must"), ({"kind": "x"}, "kind")],
)
def test_nonsense_is_refused(fields: dict, words: str):
    with pytest.raises(ValueError, match=words):
        EnsemblePrompt(**{"members": (A,), **fields})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"members": []}, "members must be a list of numbers"),
        ({"members": ["../x"]}, "members must be a list of numbers"),
        ({"members": [-1]}, "members must be a list of numbers"),
        ({"members": [0, 7]}, "07: no such folder"),
        ({"how": "votes"}, "how must be one of output, features, grid"),
        ({"how": None}, "how must be one of"),
        ({"scores": 3}, "make the prompt anew"),
    ],
)
def test_a_broken_folder_is_one_line(tmp_path: Path, change: dict, words: str):
    EnsemblePrompt((A, B)).save(tmp_path / "p")
    path = tmp_path / "p" / "prompt.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(InputError, match=words) as caught:
        load_prompt(tmp_path / "p")
    assert "\n" not in str(caught.value)


def test_an_ensemble_is_no_pair(tmp_path: Path):
    EnsemblePrompt((A, B)).save(tmp_path / "p")
    with pytest.raises(InputError, match="is an ensemble"):
        Prompt.load(tmp_path / "p")


def test_mean_output_weighs_by_multiplicity():
    values = {A.digest: 1.0, B.digest: 4.0}
    painted = []

    def paint(prompt: Prompt) -> np.ndarray:
        painted.append(prompt.digest)
        return np.full(2, values[prompt.digest])

    np.testing.assert_allclose(mean_output(EnsemblePrompt((A, B, A)), paint), 2.0)
    assert painted == [A.digest, B.digest]


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    torch.manual_seed(0)
    return Predictor(TINY.build(), batch_size=2)


def test_outputs_are_averaged(predictor: Predictor):
    painted = predictor.paint(EnsemblePrompt((A, B, A)), QUERIES)
    one, two = (predictor.paint(prompt, QUERIES) for prompt in (A, B))
    torch.testing.assert_close(painted, (2 * one + two) / 3, rtol=0, atol=1e-6)
    assert torch.equal(predictor.paint(EnsemblePrompt((A,)), QUERIES), one)
    assert predictor.pictures(EnsemblePrompt((A, B)), QUERIES).shape == (5, 16, 16, 3)
    assert predictor.paint(EnsemblePrompt((A, B)), []).shape == (0, 3, 16, 16)


def transcribed(model: Painter, prompts: list[Prompt], query: np.ndarray) -> torch.Tensor:
    """The painted canvas of every prompt, (P, 3, 2S, S): protocols 7.2 written out plainly."""
    images = to_tensor(np.stack([np.concatenate([p.pair.image, query]) for p in prompts]), "cpu")
    targets = to_tensor(np.stack([np.concatenate([p.pair.target, query]) for p in prompts]), "cpu")
    x, y = model.patch_embed(images), model.patch_embed(targets)
    half = x.shape[1] // 2
    y[:, half:] = model.mask_token
    place = model._position(*x.shape[1:3])
    x, y = x + model.segment_token_x + place, y + model.segment_token_y + place
    latents = []

    def block_of(block, tokens: torch.Tensor) -> torch.Tensor:
        attended = block.attn(block.norm1(tokens))
        attended[:, half:] = attended[:, half:].mean(0, keepdim=True)
        tokens = tokens + attended
        return tokens + block.mlp(block.norm2(tokens))

    merged = None
    for index, block in enumerate(model.blocks):
        if merged is None:
            x, y = block_of(block, x), block_of(block, y)
            if index == model.merge_after:
                merged = (x + y) / 2
        else:
            merged = block_of(block, merged)
        if index in model.taps:
            latents.append(model.norm(merged))
    return model.decode(latents)


@torch.no_grad()
def test_features_are_averaged_as_the_protocol_says(predictor: Predictor):
    model = predictor.model
    mean, std = (torch.tensor(v)[:, None, None] for v in (IMAGE_MEAN, IMAGE_STD))
    painted = predictor.paint(EnsemblePrompt((A, B, C), "features"), QUERIES[:2])
    for query, ours in zip(QUERIES, painted, strict=False):
        canvases = transcribed(model, [A, B, C], query)
        expected = canvases[0, :, 16:] * std + mean
        torch.testing.assert_close(ours, expected, rtol=0, atol=1e-5)
        # All entries agree but for the first row, which sees the prompt through the decoder.
        torch.testing.assert_close(canvases[1, :, 17:], canvases[0, :, 17:], rtol=0, atol=1e-5)
    averaged = predictor.paint(EnsemblePrompt((A, B, C)), QUERIES[:2])
    assert (painted - averaged).abs().max() > 1e-4


def test_a_grid_is_one_prompt_of_smaller_pictures(predictor: Predictor):
    spec = replace(SPEC, target_resize="nearest")
    pictures = [
        tiled([getattr(m.pair, name) for m in (A, B, C)], 16, resize)
        for name, resize in (("image", "bicubic"), ("target", "nearest"))
    ]
    whole = Prompt(Pair(*pictures, CODING), "toy")
    painted = predictor.paint(EnsemblePrompt((A, B, C), "grid"), QUERIES, spec)
    assert torch.equal(painted, predictor.paint(whole, QUERIES, spec))
    swapped = predictor.paint(EnsemblePrompt((B, A, C), "grid"), QUERIES, spec)
    assert (swapped - painted).abs().max() > 1e-6
    alone = predictor.paint(EnsemblePrompt((A,), "grid"), QUERIES, spec)
    assert torch.equal(alone, predictor.paint(A, QUERIES, spec))


def test_features_of_one_prompt_are_the_prompt(predictor: Predictor):
    alone = predictor.paint(EnsemblePrompt((A,), "features"), QUERIES)
    torch.testing.assert_close(alone, predictor.paint(A, QUERIES), rtol=0, atol=1e-5)
    twice = predictor.paint(EnsemblePrompt((A, A), "features"), QUERIES)
    torch.testing.assert_close(twice, alone, rtol=0, atol=1e-5)


def test_more_prompts_than_a_batch_holds(predictor: Predictor):
    together = predictor.paint_together([A, B, C], QUERIES)
    wide = Predictor(predictor.model, batch_size=9).paint_together([A, B, C], QUERIES)
    assert together.shape == (5, 3, 16, 16)
    torch.testing.assert_close(together, wide, rtol=0, atol=1e-5)
