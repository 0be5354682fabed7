"""``painterkit train --plan``, here and for other hardware."""

import json
from pathlib import Path

from click.testing import CliRunner

from painter_kit.cli.main import cli
from tests.test_cli_train import train

PACE = ("--throughput", "50")


def test_the_plan_trains_nothing(tmp_path: Path):
    result = train("--plan", "--out", str(tmp_path / "run"), iterations=100)
    assert result.exit_code == 0, result.output
    assert "100 iterations x 4 samples = 400 samples, 1 process(es)" in result.stdout
    assert "forwards/s measured here for " in result.stdout
    assert not (tmp_path / "run").exists()


def test_the_plan_as_json():
    result = train("--plan", "--json", *PACE, "--devices", "3", iterations=100)
    found = json.loads(result.stdout)
    assert (found["samples"], found["devices"]) == (400, 3)
    assert found["forward_equivalents"] == found["forwards"] + 3 * 400
    assert found["device_hours"] == found["forward_equivalents"] / 50 / 3600
    assert {*found["storage"]} == {"state", "weights"}
    epochs = train("--plan", "--set", "epochs=2", "--set", "data=lists")
    assert epochs.exit_code == 0
    assert "--dry-run reads the lists" in epochs.stdout
    assert train("--throughput", "5").exit_code == 2


def test_a_plan_needs_no_data():
    result = CliRunner().invoke(cli, ["train", "--recipe", "painter-vit-large", "--plan", *PACE])
    assert result.exit_code == 0, result.output
    assert "54000 iterations x 2048 samples = 110592000 samples, 64 process(es)" in result.stdout
    assert "from mae_pretrain_vit_large.pth" in result.stdout
    assert "at 64 devices of 50 forwards/s as given for 331824640 forward-equivalents" in (
        result.stdout
    )
    small = ["train", "--recipe", "painter-vit-large", "--plan", "--set=processes=1", *PACE]
    assert "is high for 32 samples per update" in CliRunner().invoke(cli, small).stderr
