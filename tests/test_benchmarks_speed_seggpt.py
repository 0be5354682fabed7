"""The same network in transformers: names, and outputs where it is installed."""

import pytest

from benchmarks.speed.contest import SEGGPT, available, make_case, run_rounds
from benchmarks.speed.seggpt import their_name
from tests.speed_toys import SMALL


def test_names_of_transformers():
    assert their_name("blocks.3.attn.rel_pos_h") == "model.encoder.layers.3.attention.rel_pos_h"
    assert their_name("blocks.0.mlp.fc2.bias") == "model.encoder.layers.0.mlp.lin2.bias"
    assert their_name("norm.weight") == "model.encoder.layernorm.weight"
    assert their_name("decoder_pred.3.bias") == "decoder.decoder_pred.head.bias"
    model = SMALL.build()
    theirs = {their_name(name) for name in model.state_dict()}
    assert len(theirs) == len(model.state_dict())
    assert all(name.startswith(("model.", "decoder.")) for name in theirs)


def test_their_network_paints_what_ours_does():
    pytest.importorskip("transformers", reason="not a dependency")
    results = run_rounds(available(make_case(SMALL, 2)), 1)
    assert results[SEGGPT].difference < 1e-5
