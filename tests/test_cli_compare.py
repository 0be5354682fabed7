import json

import pytest

from tests import report_toys

made = report_toys.made


def test_words_and_json_tell_the_same(made: report_toys.Made):
    runs = [str(made.folder / name) for name in ("one", "other")]
    result = made.tell("compare", *runs, "--resamples", "100", "--json")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.count("\n") == 1
    told = json.loads(result.stdout)
    (row,) = told["rows"]
    assert told["tests"] == 1
    assert f"{row['difference']:+.4g}" in result.stderr
    assert row["verdict"] in result.stderr
    words = made.tell("compare", *runs, "--resamples", "100")
    assert f"{row['run_value']:.4g}" in words.stdout
    again = json.loads(made.tell("compare", *runs, "--resamples", "100", "--json").stdout)
    assert again == told


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["one"], "at least two runs"),
        (["one", "search"], "test and confirm; use one split"),
        (["one", "pairs"], "holds no painterkit.json"),
        (["one", "nothing"], "no such folder"),
    ],
)
def test_refusals_are_bad_input(made: report_toys.Made, names: list[str], words: str):
    result = made.tell("compare", *(str(made.folder / name) for name in names))
    assert result.exit_code == 2
    assert words in result.stderr
    assert "Traceback" not in result.stderr
