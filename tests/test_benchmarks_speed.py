"""The benchmark of speed on models small enough to see through."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from benchmarks.speed.__main__ import command
from benchmarks.speed.contest import (
    OURS,
    PLAIN,
    SEGGPT,
    Result,
    available,
    make_case,
    ratios,
    run_rounds,
)
from benchmarks.speed.figure import draw_ratios
from benchmarks.speed.flops import count_flops, flop_rows
from benchmarks.speed.memory import peak_of
from benchmarks.speed.plain import plain_forward
from benchmarks.speed.report import memory_rows, search_rows, speed_rows
from benchmarks.speed.search import EndToEnd, measure_end_to_end
from benchmarks.speed.seggpt import their_name
from painter_kit.inference.predictor import Predictor
from painter_kit.model.builders import CONFIGS
from tests.golden_models import golden_arrays, golden_painter, relative_error, tensor

SMALL = replace(
    CONFIGS["world-tiny"],
    img_size=(32, 16),
    patch_size=4,
    embed_dim=16,
    depth=3,
    num_heads=2,
    pretrain_img_size=16,
    decoder_embed_dim=4,
    taps=(1, 2),
)


def test_the_plain_path_paints_and_loses_what_the_authors_do():
    model, io = golden_painter("A"), golden_arrays("model_A.io.npz")
    model.loss = "smoothl1"
    inputs = [tensor(io[key]) for key in ("imgs", "tgts", "mask_half")]
    with torch.no_grad():
        loss, painted = plain_forward(model, *inputs)
        ours = model(*inputs).loss
    assert relative_error(painted, io["half.pred"]) < 1e-4
    assert loss.item() == pytest.approx(ours.item(), rel=1e-5)


def test_contestants_paint_the_same():
    case = make_case(SMALL, 2)
    paints = available(case)
    assert list(paints)[:2] == [OURS, PLAIN]
    results = run_rounds(paints, 2)
    for result in results.values():
        assert len(result.seconds) == 2
        assert result.difference < 1e-5


def test_ratios_are_paired_by_round():
    results = {OURS: Result((1.0, 2.0, 1.0), 0.0), PLAIN: Result((3.0, 4.0, 1.0), 0.0)}
    assert ratios(results, PLAIN) == (2.0, 1.0, 3.0)


def test_what_is_not_installed_says_so():
    rows = speed_rows("m", 4, {OURS: Result((2.0,), 1e-7), PLAIN: Result((4.0,), 0.0)})
    assert [row["contestant"] for row in rows] == [OURS, PLAIN, SEGGPT]
    assert rows[1]["times ours"] == "2.00"
    assert rows[0]["images/s"] == "2"
    assert set(rows[2].values()) >= {"not installed"}


def test_names_of_transformers():
    assert their_name("blocks.3.attn.rel_pos_h") == "model.encoder.layers.3.attention.rel_pos_h"
    assert their_name("blocks.0.mlp.fc2.bias") == "model.encoder.layers.0.mlp.lin2.bias"
    assert their_name("norm.weight") == "model.encoder.layernorm.weight"
    assert their_name("decoder_pred.3.bias") == "decoder.decoder_pred.head.bias"
    model = SMALL.build()
    theirs = {their_name(name) for name in model.state_dict()}
    assert len(theirs) == len(model.state_dict())
    assert all(name.startswith(("model.", "decoder.")) for name in theirs)


def test_operations_are_those_of_the_formulas():
    case = make_case(SMALL, 1)
    whole = count_flops(lambda: case.model.predict(case.images, case.targets, case.mask))
    stream = case.model.target_stream(case.targets, case.mask)
    half = count_flops(lambda: case.model.predict_query(case.images, stream))
    tokens, dim = 32, 16
    mlp, decoder, pixels = 2 * 2 * 4 * dim * dim, 2 * 2 * dim * 4 * 4 * 4, 2 * 4 * (4 * 9 + 3)
    # Two of three blocks take both streams; our path has the target stream already, and 5 of 8
    # rows of 4 tokens are kept in the last block.
    assert whole["MLP"] == mlp * (4 * tokens + tokens)
    assert half["MLP"] == mlp * (2 * tokens + 20)
    assert whole["attention, products"] == 2 * 2 * dim * tokens * (4 * tokens + tokens)
    assert half["attention, products"] == 2 * 2 * dim * tokens * (2 * tokens + 20)
    assert whole["decoder, linear"] == decoder * tokens
    assert half["decoder, linear"] == decoder * 16 + decoder // 4 * 4  # a quarter of one row
    assert whole["decoder, convolutions"] == pixels * 32 * 16
    assert half["decoder, convolutions"] == pixels * 17 * 16
    rows = flop_rows(case)
    assert [row["component"] for row in rows] == [*whole, "together"]


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux")
def test_memory_is_what_the_forward_needs():
    assert 0 <= peak_of("world-tiny", 1, OURS) < 1e9


def test_memory_and_search_in_words():
    (first, second) = memory_rows("m", 1, {OURS: 5e6, PLAIN: 20e6})
    assert (first["extra MB"], second["of which ours"]) == ("5", "25%")
    (row,) = search_rows([EndToEnd("depth", 8, 0.008, 0.009, 0.010)])
    assert row["share of the pure rate"] == "80%"


def test_judging_takes_longer_than_painting(tmp_path: Path):
    predictor = Predictor(CONFIGS["world-tiny"].build(), batch_size=2)
    found = measure_end_to_end(predictor, "depth", "world", 1, 4, tmp_path)
    assert found.forwards == 4
    assert 0 < found.painting < found.judging


def test_the_figure_is_drawn(tmp_path: Path):
    case = {OURS: Result((1.0, 1.0), 0.0), PLAIN: Result((2.0, 2.5), 0.0)}
    draw_ratios(tmp_path / "speed.png", {"m, 1": case, "m, 2": case})
    assert (tmp_path / "speed.png").stat().st_size > 1000


def test_the_command_writes_table_and_figure(tmp_path: Path):
    words = ["--out", str(tmp_path), "--case", "world-tiny", "1", "--rounds", "1"]
    result = CliRunner().invoke(command, [*words, "--no-memory", "--prompts", "0"])
    assert result.exit_code == 0, result.output
    page = (tmp_path / "speed.md").read_text()
    assert page in result.output
    assert "painterkit" in page
    assert {"forward.csv", "speed.png"} <= {path.name for path in tmp_path.iterdir()}


def test_an_unknown_model_is_one_line(tmp_path: Path):
    words = [sys.executable, "-m", "benchmarks.speed", "--out", str(tmp_path), "--case", "x", "1"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("error: unknown model 'x'")
