"""Which faults a campaign tries, and its command."""

from pathlib import Path

from click.testing import CliRunner

from benchmarks.faults.__main__ import command
from benchmarks.faults.plan import FAULTS, KILLED, REAL, kills_by_kind, plan_of


def test_half_of_the_kills_is_on_real_commands():
    counts = kills_by_kind(200)
    assert counts.keys() == KILLED.keys()
    assert sum(counts.values()) == 200
    assert sum(counts[name] for name in REAL) == 100
    assert all(counts[name] == 20 for name in REAL)


def test_few_kills_reach_all_commands():
    assert set(kills_by_kind(5).values()) == {1, 0}


def test_the_plan_names_what_is_asked_for(tmp_path: Path):
    assert plan_of(200, ("writer", "server")).splitlines() == [
        "writer: 100 kills",
        "server: a tracking server killed under every command",
    ]
    result = CliRunner().invoke(command, ["--out", str(tmp_path / "x"), "--plan"])
    assert result.exit_code == 0
    assert [line.partition(":")[0] for line in result.stdout.splitlines()] == list(FAULTS)
    assert not (tmp_path / "x").exists()


def test_a_small_campaign_of_writers(tmp_path: Path):
    args = ["--out", str(tmp_path), "--kills", "6", "--only", "writer"]
    for _ in range(2):  # the second time nothing is left to do
        result = CliRunner().invoke(command, args)
    assert result.exit_code == 0, result.output
    assert "| store writer | 1 | 1 | at most 0 batches" in result.stdout
    assert "1 of 1 faults passed" in result.stdout
