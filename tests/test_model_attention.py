"""Relative positions and the choice among equal forms of attention."""

import pytest
import torch

from painter_kit.model import attention
from painter_kit.model.attention import (
    FEW_TOKENS,
    Attention,
    Block,
    attend_augmented,
    attend_biased,
    attend_explicit,
    choose_attention,
    relative_logits,
    resize_table,
    share_queries,
)

FORMS = (attend_explicit, attend_augmented, attend_biased)


def inputs(rows=3, columns=2, first=0, batch=2, heads=4, width=8):
    """Queries of the rows from ``first`` on, keys, values and both tables."""
    generator = torch.Generator().manual_seed(0)

    def draw(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    q, k, v = draw(3, batch, heads, rows * columns, width)
    q = q[:, :, first * columns :]
    return q, k, v, draw(2 * rows - 1, width), draw(2 * columns - 1, width)


def plain(q, k, v, table_h, table_w, rows, columns, first, scale):
    """The formula, one query and key at a time."""
    bias = torch.stack(
        [
            torch.stack(
                [
                    q[:, :, i] @ table_h[first + i // columns - j // columns + rows - 1]
                    + q[:, :, i] @ table_w[i % columns - j % columns + columns - 1]
                    for j in range(rows * columns)
                ],
                dim=-1,
            )
            for i in range(q.shape[2])
        ],
        dim=-2,
    )
    return (scale * q @ k.transpose(-1, -2) + bias).softmax(-1) @ v


def test_position_terms_follow_the_released_index():
    n = 56
    tables = torch.arange(2 * n - 1.0)[:, None], torch.zeros(1, 1)
    rel_h, _ = relative_logits(torch.ones(1, 1, n, 1, 1), *tables, rows=n)
    terms = rel_h[0, 0, :, 0]
    assert [terms[a, b].item() for a, b in ((0, 0), (0, 1), (55, 0), (3, 5))] == [55, 54, 110, 53]


def test_tables_of_another_length_are_interpolated_between_their_entries():
    table = torch.tensor([[0.0, 8.0], [2.0, 4.0]])
    resized = resize_table(table, 4)
    assert torch.allclose(resized, torch.tensor([[0.0, 8.0], [0.5, 7.0], [1.5, 5.0], [2.0, 4.0]]))
    assert resize_table(table, 2) is table


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("rows", "columns", "first"), [(3, 2, 0), (4, 3, 1), (2, 4, 1)])
def test_every_form_is_the_formula_for_all_rows_or_the_last_ones(form, rows, columns, first):
    q, k, v, table_h, table_w = inputs(rows, columns, first)
    terms = relative_logits(q.unflatten(2, (-1, columns)), table_h, table_w, rows, first)
    ours = form(q, k, v, *terms, 0.3)
    expected = plain(q, k, v, table_h, table_w, rows, columns, first, 0.3)
    torch.testing.assert_close(ours, expected, rtol=0, atol=1e-12)


def test_position_terms_pass_gradients():
    q, _, _, table_h, table_w = (t.requires_grad_() for t in inputs(batch=1, heads=2, width=3))

    def terms(*tensors):
        return relative_logits(tensors[0].unflatten(2, (3, 2)), *tensors[1:], rows=3)

    assert torch.autograd.gradcheck(terms, (q, table_h, table_w))


@pytest.mark.parametrize(
    ("tokens", "grad", "form"),
    [
        (FEW_TOKENS, True, attend_explicit),
        (FEW_TOKENS + 1, True, attend_augmented),
        (FEW_TOKENS, False, attend_biased),
        (FEW_TOKENS + 1, False, attend_biased),
    ],
)
def test_choice_of_form(tokens, grad, form):
    assert choose_attention(tokens, grad) is form


@pytest.mark.parametrize("elements", [1, 36 * 3, 36 * 4, 36 * 4 * 2])
def test_biased_form_in_several_steps_equals_one_step(monkeypatch, elements):
    q, k, v, *tables = inputs(batch=3)
    terms = relative_logits(q.unflatten(2, (3, 2)), *tables, rows=3)
    whole = attend_biased(q, k, v, *terms, 0.5)
    monkeypatch.setattr(attention, "BIAS_ELEMENTS", elements)
    torch.testing.assert_close(attend_biased(q, k, v, *terms, 0.5), whole, rtol=0, atol=1e-12)


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


@pytest.mark.parametrize("grad", [True, False])
@pytest.mark.parametrize("qkv_bias", [True, False])
@pytest.mark.parametrize("use_rel_pos", [True, False])
def test_a_block_for_the_last_rows_gives_the_rows_of_the_whole(grad, qkv_bias, use_rel_pos):
    torch.manual_seed(0)
    block = Block(16, 2, (4, 3), 2.0, qkv_bias, 0.0, use_rel_pos).double()
    if use_rel_pos:
        torch.nn.init.normal_(block.attn.rel_pos_h)
        torch.nn.init.normal_(block.attn.rel_pos_w)
    x = torch.randn(2, 4, 3, 16, dtype=torch.float64)
    with torch.set_grad_enabled(grad):
        for first in (1, 2):
            torch.testing.assert_close(block(x, first), block(x)[:, first:], rtol=0, atol=1e-12)


def test_prompts_share_only_the_query_half_of_their_own_query():
    entries = torch.randn(6, 4, 2, 3)  # two queries under three prompts, rows 2 and 3 the query's
    shared = share_queries(entries, 2, 3)
    assert torch.equal(shared[:, :2], entries[:, :2])
    for query in (slice(0, 3), slice(3, 6)):
        mean = entries[query, 2:].mean(0)
        torch.testing.assert_close(shared[query, 2:], mean.expand(3, -1, -1, -1))
