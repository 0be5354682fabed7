"""Operations counted by hand."""

from benchmarks.speed.contest import make_case
from benchmarks.speed.flops import count_flops, flop_rows
from tests.speed_toys import SMALL


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
