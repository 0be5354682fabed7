from painter_kit.errors import LONGEST, InputError, causes


def test_words_that_quote_a_file_at_length_are_cut_in_the_middle():
    told = str(InputError(f"a.json: {'x' * 9000}; use another"))
    assert len(told) < LONGEST + 10
    assert told.startswith("a.json: x")
    assert told.endswith("x; use another")
    assert " [...] " in told
    assert str(InputError("x" * LONGEST)) == "x" * LONGEST


def test_causes_go_from_the_outermost_in():
    try:
        try:
            raise KeyError("inner")
        except KeyError as error:
            raise InputError("outer") from error
    except InputError as error:
        found = list(causes(error))
    assert [type(each) for each in found] == [InputError, KeyError]
    assert list(causes(None)) == []
