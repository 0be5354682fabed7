"""The plain path against the golden outputs."""

import pytest
import torch

from benchmarks.speed.plain import plain_forward
from tests.golden_models import golden_arrays, golden_painter, relative_error, tensor


def test_the_plain_path_paints_and_loses_what_the_authors_do():
    model, io = golden_painter("A"), golden_arrays("model_A.io.npz")
    model.loss = "smoothl1"
    inputs = [tensor(io[key]) for key in ("imgs", "tgts", "mask_half")]
    with torch.no_grad():
        loss, painted = plain_forward(model, *inputs)
        ours = model(*inputs).loss
    assert relative_error(painted, io["half.pred"]) < 1e-4
    assert loss.item() == pytest.approx(ours.item(), rel=1e-5)
