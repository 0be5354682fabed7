"""What runs paint for their reports while they have the model."""

import json
from pathlib import Path

import pytest

from tests import report_toys

made = report_toys.made


@pytest.mark.parametrize("name", ["search", "tuned", "one", "other"])
def test_a_report_has_all_its_pictures_without_the_weights(
    made: report_toys.Made, tmp_path: Path, name: str
):
    out = tmp_path / "out"
    told = made.tell("report", str(made.folder / name), "--out", str(out), "--json")
    assert told.exit_code == 0, told.stderr
    found = json.loads(told.stdout)
    assert found["painted"]["missing"] == found["painted"]["repainted"] == 0
    assert found["painted"]["kept"] > 0
    assert found["runs"][0]["missing"] == []
