"""Relative positions and the choice among equal forms of attention."""

import pytest
import torch

from painter_kit.model.attention import (
    FEW_TOKENS,
    Attention,
    attend_augmented,
    attend_biased,
    attend_explicit,
    choose_attention,
    relative_rows,
    resize_table,
)


def test_relative_rows_follow_the_released_index():
    n = 56
    table = torch.arange(2 * n - 1.0)[:, None]
    rows = relative_rows(table, n)[..., 0]
    assert [rows[a, b].item() for a, b in ((0, 0), (0, 1), (55, 0), (3, 5))] == [55, 54, 110, 53]


def test_tables_of_another_length_are_interpolated_between_their_entries():
    table = torch.tensor([[0.0, 8.0], [2.0, 4.0]])
    resized = resize_table(table, 4)
    assert torch.allclose(resized, torch.tensor([[0.0, 8.0], [0.5, 7.0], [1.5, 5.0], [2.0, 4.0]]))
    assert resize_table(table, 2) is table


@pytest.mark.parametrize(
    ("tokens", "grad", "form"),
    [
        (FEW_TOKENS, True, attend_explicit),
        (FEW_TOKENS, False, attend_explicit),
        (FEW_TOKENS + 1, True, attend_augmented),
        (FEW_TOKENS + 1, False, attend_biased),
    ],
)
def test_choice_of_form(tokens, grad, form):
    assert choose_attention(tokens, grad) is form


def test_biased_form_in_several_steps_equals_one_step(monkeypatch):
    torch.manual_seed(0)
    q, k, v = torch.randn(3, 2, 4, 6, 8)
    rel_h, rel_w = torch.randn(2, 4, 2, 3, 2), torch.randn(2, 4, 2, 3, 3)
    whole = attend_biased(q, k, v, rel_h, rel_w)
    monkeypatch.setattr("painter_kit.model.attention.BIAS_ELEMENTS", 1)
    assert torch.allclose(attend_biased(q, k, v, rel_h, rel_w), whole, atol=1e-6)


def test_attention_without_positions_is_plain_attention():
    torch.manual_seed(0)
    layer = Attention(16, 2, (2, 3), qkv_bias=True, use_rel_pos=False)
    assert {n for n, _ in layer.named_parameters()} == {
        "qkv.weight", "qkv.bias", "proj.weight", "proj.bias"
    }  # fmt: skip
    x = torch.randn(2, 2, 3, 16)
    shuffled = x.flatten(1, 2)[:, torch.tensor([3, 1, 5, 0, 2, 4])].view(2, 2, 3, 16)
    ours = layer(x).flatten(1, 2)[:, torch.tensor([3, 1, 5, 0, 2, 4])]
    assert torch.allclose(layer(shuffled).flatten(1, 2), ours, atol=1e-6)
