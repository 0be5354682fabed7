"""Painting: the network on hand-made canvases, in batches that do not matter."""

from dataclasses import replace

import numpy as np
import PIL.Image
import pytest
import torch

from benchmarks.speed.seggpt import make_seggpt, paint_seggpt
from painter_kit.errors import InputError
from painter_kit.inference.canvas import half_mask, to_tensor
from painter_kit.inference.pictures import to_picture
from painter_kit.inference.predictor import NUMERICS_VERSION, Predictor
from painter_kit.inference.prompt import Prompt
from painter_kit.model.checkpoint import model_digest
from painter_kit.model.painter import IMAGE_MEAN, IMAGE_STD
from painter_kit.tasks.colors import resize_painted
from painter_kit.types import Coding, Pair, Spec
from tests.golden_models import GOLDEN, golden_arrays, golden_painter
from tests.seggpt_oracle import paint_by_description
from tests.seggpt_toys import SEGGPT, random_seggpt
from tests.training_toys import TINY

RNG = np.random.default_rng(0)
PAIR = Pair(*RNG.integers(0, 256, (2, 16, 16, 3), dtype=np.uint8), Coding())
PROMPT = Prompt(PAIR, "depth")
OTHERS = [
    Prompt(Pair(*RNG.integers(0, 256, (2, 16, 16, 3), dtype=np.uint8), Coding()), "depth")
    for _ in range(2)
]
QUERIES = list(RNG.integers(0, 256, (5, 16, 16, 3), dtype=np.uint8))


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return TINY.build()


def test_equals_the_model_on_a_canvas_made_by_hand(model):
    painted = Predictor(model, batch_size=2).paint(PROMPT, QUERIES[:1])
    image = np.concatenate([PAIR.image, QUERIES[0]])[None]
    target = np.concatenate([PAIR.target, QUERIES[0]])[None]  # the hidden half does not matter
    mask = torch.from_numpy(half_mask(8, 4))[None]
    with torch.no_grad():
        out = model.eval().predict(to_tensor(image, "cpu"), to_tensor(target, "cpu"), mask)
    mean, std = (torch.tensor(v)[:, None, None] for v in (IMAGE_MEAN, IMAGE_STD))
    torch.testing.assert_close(painted[0], out[0, :, 16:] * std + mean, rtol=0, atol=1e-5)
    assert painted.dtype == torch.float32


def test_the_released_picture(tmp_path):
    """Painted by model A at size 32 and resized to the query's size, as the released script."""
    pictures = {
        name: np.asarray(PIL.Image.open(GOLDEN / f"infer_{name}.png").convert("RGB"))
        for name in ("prompt_image", "prompt_target", "query")
    }
    prompt = Prompt(Pair(pictures["prompt_image"], pictures["prompt_target"], Coding()), "derain")
    painted = Predictor(golden_painter("A"), batch_size=1).pictures(prompt, [pictures["query"]])
    height, width = pictures["query"].shape[:2]
    resized = resize_painted(painted[0].astype(np.float64), (height, width), "bicubic")
    golden = golden_arrays("infer.io.npz")["float_out_lol"]
    assert np.abs(resized - golden).max() < 1e-4


def test_the_released_denoised_block():
    """As the picture above, but the query is a float block that OpenCV makes smaller."""
    image, target = (
        np.asarray(PIL.Image.open(GOLDEN / f"infer_prompt_{name}.png").convert("RGB"))
        for name in ("image", "target")
    )
    prompt, golden = Prompt(Pair(image, target, Coding()), "denoise"), golden_arrays("infer.io.npz")
    filters = {"query_filter": "opencv", "output_resize": "bicubic"}
    spec = Spec("denoise", "toys", 32, "psnr", "max", "dB", Coding(), None, **filters)
    predictor = Predictor(golden_painter("A"), batch_size=1)
    painted = predictor.pictures(prompt, [golden["sidd_noisy_block"]], spec)
    resized = resize_painted(painted[0].astype(np.float64), (64, 64), "bicubic")
    assert np.abs(resized - golden["float_out_sidd"]).max() < 1e-5


def test_only_queries_go_through_opencv(model):
    spec = Spec("denoise", "toys", 16, "psnr", "max", "dB", Coding(), None, query_filter="opencv")
    usual, predictor = replace(spec, query_filter="image"), Predictor(model)
    large = Prompt(Pair(*(p.repeat(2, axis=0) for p in (PAIR.image, PAIR.target)), Coding()), "x")
    difference = predictor.paint(large, QUERIES, spec) - predictor.paint(large, QUERIES, usual)
    assert difference.abs().max() < 1e-5  # these queries keep their size, the prompt does not
    noisy = [RNG.integers(0, 256, (40, 40, 3), dtype=np.uint8)]
    difference = predictor.paint(large, noisy, spec) - predictor.paint(large, noisy, usual)
    assert difference.abs().max() > 1e-3


def test_a_query_does_not_depend_on_the_others(model):
    predictor = Predictor(model, batch_size=3)
    together = predictor.paint(PROMPT, QUERIES)
    assert together.shape == (5, 3, 16, 16)
    for index in (0, 3, 4):
        alone = predictor.paint(PROMPT, QUERIES[index : index + 1])
        torch.testing.assert_close(alone[0], together[index], rtol=0, atol=1e-6)
    start = predictor.paint(PROMPT, QUERIES[:4])
    assert torch.equal(start, together[:4])


def test_batch_sizes_agree(model):
    one = Predictor(model, batch_size=1).paint(PROMPT, QUERIES)
    many = Predictor(model, batch_size=8).paint(PROMPT, QUERIES)
    torch.testing.assert_close(one, many, rtol=0, atol=1e-5)


def test_the_prompt_matters(model):
    other = Prompt(replace(PAIR, target=255 - PAIR.target), "depth")
    predictor = Predictor(model)
    difference = predictor.paint(PROMPT, QUERIES[:1]) - predictor.paint(other, QUERIES[:1])
    assert difference.abs().max() > 1e-6


def test_pictures_are_the_same_with_channels_last(model):
    predictor = Predictor(model)
    painted, pictures = predictor.paint(PROMPT, QUERIES), predictor.pictures(PROMPT, QUERIES)
    assert pictures.dtype == np.float32
    np.testing.assert_array_equal(pictures, painted.permute(0, 2, 3, 1).numpy())


def test_pictures_of_any_size_are_squashed(model):
    wide = np.repeat(QUERIES[0], 2, axis=1)
    assert Predictor(model).paint(PROMPT, [wide, QUERIES[1]]).shape == (2, 3, 16, 16)


def test_the_spec_gives_side_and_filters(model):
    spec = Spec("depth", "toys", 16, "rmse", "min", "m", Coding(), None, image_resize="nearest")
    large = [q.repeat(2, axis=0).repeat(2, axis=1) for q in QUERIES[:2]]
    predictor = Predictor(model)
    torch.testing.assert_close(
        predictor.paint(PROMPT, large, spec), predictor.paint(PROMPT, QUERIES[:2])
    )


def test_no_pictures_give_none(model):
    assert Predictor(model).paint(PROMPT, []).shape == (0, 3, 16, 16)


def test_bf16_is_close_and_named(model):
    half = Predictor(model, precision="bf16")
    assert half.numerics.startswith("bf16")
    difference = half.paint(PROMPT, QUERIES) - Predictor(model).paint(PROMPT, QUERIES)
    assert 0 < difference.abs().max() < 0.1


def test_knows_its_model(model):
    predictor = Predictor(model.train())
    assert not model.training
    assert predictor.canvas == 16
    assert predictor.model_digest == model_digest(model)
    assert not predictor.paint(PROMPT, QUERIES[:1]).requires_grad
    assert to_picture(predictor.pictures(PROMPT, QUERIES[:1])[0]).shape == (16, 16, 3)


def test_the_numerics_class_has_a_version_so_that_older_records_stay_apart(model):
    assert Predictor(model).numerics == f"fp32.{NUMERICS_VERSION}"


@pytest.fixture
def prepared(model, monkeypatch):
    """Grows by one whenever a target stream is computed."""
    calls, original = [], model.target_stream
    monkeypatch.setattr(model, "target_stream", lambda *args: calls.append(args) or original(*args))
    return calls


def test_a_prompt_is_prepared_once_for_all_calls(model, prepared):
    predictor = Predictor(model, batch_size=2)
    first = predictor.paint(PROMPT, QUERIES)
    assert torch.equal(predictor.paint(Prompt(PAIR, "other"), QUERIES), first)
    assert len(prepared) == 1
    spec = Spec("depth", "toys", 16, "rmse", "min", "m", Coding(), None, target_resize="nearest")
    predictor.paint(PROMPT, QUERIES, spec)  # the pictures may come out otherwise
    predictor.paint(OTHERS[0], QUERIES)
    assert len(prepared) == 3
    assert torch.equal(predictor.paint(PROMPT, QUERIES), first)
    assert len(prepared) == 3


def test_prompts_used_longest_ago_are_forgotten(model, prepared, monkeypatch):
    monkeypatch.setattr("painter_kit.inference.predictor.CACHE_BYTES", 15_000)  # two prompts
    predictor = Predictor(model, batch_size=1)
    for prompt in (PROMPT, OTHERS[0], PROMPT, OTHERS[1], PROMPT):
        predictor.paint(prompt, QUERIES[:1])
    assert len(prepared) == 3
    predictor.paint(OTHERS[0], QUERIES[:1])
    assert len(prepared) == 4


def test_large_canvases_are_painted_a_few_at_a_time(model, monkeypatch):
    predictor = Predictor(model, batch_size=8)
    together = predictor.paint(PROMPT, QUERIES)
    assert predictor.queries_at_once(16) == 8
    assert predictor.queries_at_once(16, prompts=3) == 2
    monkeypatch.setattr("painter_kit.inference.predictor.CPU_TOKENS", 100)
    assert predictor.queries_at_once(16) == 3
    assert predictor.queries_at_once(160) == 1
    torch.testing.assert_close(predictor.paint(PROMPT, QUERIES), together, rtol=0, atol=1e-5)


def test_one_prompt_together_is_the_prompt_alone(model):
    predictor = Predictor(model, batch_size=3)
    alone = predictor.paint(PROMPT, QUERIES)
    assert torch.equal(predictor.paint_together([PROMPT], QUERIES), alone)
    twice = predictor.paint_together([PROMPT, PROMPT], QUERIES)
    torch.testing.assert_close(twice, alone, rtol=0, atol=1e-5)
    with pytest.raises(ValueError, match="at least one prompt"):
        predictor.paint_together([], QUERIES)


def share_by_the_rule(model, images, targets, mask):
    """The feature ensemble of one query as SegGPT's code has it: P entries, the first one taken."""
    count = len(images)
    x, y = model.patch_embed(images), model.patch_embed(targets)
    y = torch.where(mask[..., None].bool(), model.mask_token, y)
    square = model.pos_embed[:, 1:].unflatten(1, (4, 4)).permute(0, 3, 1, 2)
    place = torch.nn.functional.interpolate(square, x.shape[1:3], mode="bicubic")
    x = x + model.segment_token_x + place.permute(0, 2, 3, 1)
    y = y + model.segment_token_y + place.permute(0, 2, 3, 1)
    tokens, taps = torch.cat([x, y]), []
    for index, block in enumerate(model.blocks):
        attended = block.attn(block.norm1(tokens))
        query = attended.shape[1] // 2
        for start in range(0, len(attended), count):
            stream = attended[start : start + count, query:]
            stream[:] = stream.mean(0)
        tokens = tokens + attended
        tokens = tokens + block.mlp(block.norm2(tokens))
        if index == model.merge_after:
            tokens = (tokens[:count] + tokens[count:]) / 2
        if index in model.taps:
            taps.append(model.norm(tokens))
    return model.decode(taps)[0, :, images.shape[2] // 2 :]


@pytest.mark.parametrize(("batch_size", "merge_after"), [(1, 0), (7, 1)])
def test_several_prompts_share_features_as_the_rule_says(batch_size, merge_after):
    torch.manual_seed(1)
    model = replace(TINY, depth=3, taps=(1, 2), merge_after=merge_after).build().eval()
    for block in model.blocks:
        torch.nn.init.normal_(block.attn.rel_pos_h)
    prompts = [PROMPT, *OTHERS]
    painted = Predictor(model, batch_size).paint_together(prompts, QUERIES)
    mask = torch.from_numpy(half_mask(8, 4))[None]
    targets = to_tensor(np.stack([np.vstack([p.pair.target] * 2) for p in prompts]), "cpu")
    mean, std = (torch.tensor(v)[:, None, None] for v in (IMAGE_MEAN, IMAGE_STD))
    for query, ours in zip(QUERIES, painted, strict=True):
        images = to_tensor(np.stack([np.vstack([p.pair.image, query]) for p in prompts]), "cpu")
        with torch.no_grad():
            golden = share_by_the_rule(model, images, targets, mask) * std + mean
        assert (ours - golden).abs().max() <= 1e-5 * golden.abs().max()
    alone = Predictor(model, batch_size).paint(PROMPT, QUERIES)
    assert (painted - alone).abs().max() > 1e-3


SEMANTIC, DEPTH = Prompt(PAIR, "semantic"), Prompt(PAIR, "depth")


def test_the_type_token_is_the_tasks_or_the_one_chosen():
    model = random_seggpt()
    painted = {
        (kind, prompt.task): Predictor(model, segment_type=kind).paint(prompt, QUERIES)
        for kind in ("auto", "semantic", "instance")
        for prompt in (SEMANTIC, DEPTH)
    }
    assert torch.equal(painted["auto", "semantic"], painted["semantic", "depth"])
    assert torch.equal(painted["auto", "depth"], painted["instance", "semantic"])
    assert (painted["auto", "semantic"] - painted["auto", "depth"]).abs().max() > 1e-2
    spec = Spec("semantic", "toys", 16, "miou", "max", "", Coding(), None)
    predictor = Predictor(model)  # the task that asks counts, not that of the prompt
    assert torch.equal(predictor.paint(DEPTH, QUERIES, spec), painted["auto", "semantic"])
    assert torch.equal(predictor.paint(DEPTH, QUERIES), painted["auto", "depth"])  # its own cache


def test_the_numerics_tell_the_type_of_a_seggpt():
    model = random_seggpt()
    named = [Predictor(model, segment_type=kind).numerics for kind in ("auto", "semantic")]
    assert named == [f"fp32.{NUMERICS_VERSION} type {kind}" for kind in ("auto", "semantic")]
    painter = random_seggpt(type_tokens=False)
    assert "type" not in Predictor(painter).numerics
    with pytest.raises(InputError, match="this checkpoint has no type tokens"):
        Predictor(painter, segment_type="semantic")


@pytest.mark.parametrize("segment_type", ["semantic", "instance"])
def test_a_seggpt_paints_several_prompts_as_described(segment_type):
    model, prompts = random_seggpt(), [PROMPT, *OTHERS]
    predictor = Predictor(model, batch_size=7, segment_type=segment_type)
    mean, std = (torch.tensor(v)[:, None, None] for v in (IMAGE_MEAN, IMAGE_STD))
    state = model.state_dict()
    for count in (1, 2, 3):
        painted = predictor.paint_together(prompts[:count], QUERIES)
        for query, ours in zip(QUERIES, painted, strict=True):
            images, targets = (
                to_tensor(np.stack([np.vstack([p, query]) for p in pictures]), "cpu")
                for pictures in zip(
                    *((p.pair.image, p.pair.target) for p in prompts[:count]), strict=True
                )
            )
            told = paint_by_description(state, images, targets, 3, (2, 3), 1, segment_type)
            golden = told[0, :, 16:] * std + mean
            assert (ours - golden).abs().max() <= 1e-5 * golden.abs().max()


@pytest.mark.parametrize("task", ["semantic", "instance"])
def test_one_prompt_paints_pictures_as_transformers_does(task):
    pytest.importorskip("transformers", reason="not a dependency")
    model = random_seggpt()
    painted = Predictor(model).paint(Prompt(PAIR, task), QUERIES)
    images, targets = (
        to_tensor(np.stack([np.vstack([half, query]) for query in QUERIES]), "cpu")
        for half in (PAIR.image, PAIR.target)
    )
    with torch.inference_mode():
        canvas = paint_seggpt(make_seggpt(model, SEGGPT), images, targets, task)
    mean, std = (torch.tensor(v)[:, None, None] for v in (IMAGE_MEAN, IMAGE_STD))
    expected = canvas[:, :, 16:] * std + mean
    assert (painted - expected).abs().max() <= 1e-5 * expected.abs().max()


@pytest.mark.parametrize(
    "options", [{"precision": "fp8"}, {"batch_size": 0}, {"segment_type": "thing"}]
)
def test_nonsense_is_refused(model, options: dict):
    with pytest.raises((InputError, ValueError), match=next(iter(options))):
        Predictor(model, **options)


@pytest.mark.parametrize(
    ("options", "numerics"),
    [
        ({"compile": "eager"}, "compiled eager"),
        ({"attention": "math"}, "attention math"),
        ({"attention": "flash"}, "attention flash"),
    ],
)
def test_compiled_and_other_kernels_paint_the_same_in_a_class_of_their_own(
    model, options: dict[str, str], numerics: str
):
    plain, other = Predictor(model, batch_size=2), Predictor(model, batch_size=2, **options)
    assert other.numerics == f"{plain.numerics} {numerics}"
    expected = plain.paint(PROMPT, QUERIES)
    torch.testing.assert_close(other.paint(PROMPT, QUERIES), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"compile": "indcutor"}, "compile must be one of .*inductor.* but got 'indcutor'"),
        ({"attention": "fast"}, "attention must be one of auto, .* but got 'fast'"),
    ],
)
def test_unknown_compilers_and_kernels_are_named(model, options: dict[str, str], words: str):
    with pytest.raises(InputError, match=words):
        Predictor(model, **options)


def test_a_kernel_that_the_device_lacks_is_named(model):
    with pytest.raises(InputError, match="attention cudnn: cpu has no such kernel"):
        Predictor(model, attention="cudnn").paint(PROMPT, QUERIES)
