"""The table that pools.md has of copies and other scenes, in small."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from benchmarks.likeness import CHANGES, OTHER, PAIRS, command, cosines, cropped, main, thumbnails
from painter_kit.evaluation.likeness import NEAR
from tests.cli_toys import TINY


def pictures(count: int = 4) -> list[np.ndarray]:
    """Smooth ones, which survive a JPEG."""
    rng = np.random.default_rng(0)
    return [
        np.kron(rng.integers(0, 256, (4, 4, 3)), np.ones((16, 16, 1))).astype(np.uint8)
        for _ in range(count)
    ]


def test_changes_keep_what_a_picture_is():
    picture = pictures(1)[0]
    for name, change in CHANGES.items():
        changed = change(picture)
        assert changed.dtype == np.uint8
        assert changed.shape[2] == 3
        assert not np.array_equal(changed, picture), name
    assert np.array_equal(cropped(picture, 0.75), picture[8:56, 8:56])


def test_cosines_are_those_of_a_picture_with_its_change_and_of_all_pairs():
    shown = pictures()
    found = cosines(shown, thumbnails)
    assert set(found) == {*CHANGES, OTHER}
    assert [len(found[name]) for name in CHANGES] == [4] * len(CHANGES)
    assert len(found[OTHER]) == 6
    own, noisy = thumbnails(shown), thumbnails([CHANGES["noise of 8 levels"](p) for p in shown])
    assert found["noise of 8 levels"] == pytest.approx(
        [a @ b for a, b in zip(own, noisy, strict=True)]
    )
    assert found[OTHER][0] == pytest.approx(own[0] @ own[1], abs=1e-6)
    assert found["noise of 8 levels"].min() > NEAR > found[OTHER].max()


def test_the_table_has_thumbnails_pairs_and_the_models_features(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from painter_kit.model.checkpoint import save_painter

    monkeypatch.chdir(tmp_path)
    save_painter(TINY.build(), TINY, tmp_path / "tiny.safetensors")
    words = ["--task", "depth", "--scenes", "3", "--checkpoint", "tiny.safetensors"]
    result = CliRunner().invoke(command, [*words, "--out", "likeness.csv"])
    assert result.exit_code == 0, result.output
    assert "3 scenes of depth; near is above 0.97" in result.output
    rows = pd.read_csv("likeness.csv")
    assert set(rows["by"]) == {"thumbnails", "features of the model"}
    assert PAIRS in set(rows["compared with"])
    ordered = rows["smallest"] <= rows["median"]
    assert (ordered & (rows["median"] <= rows["largest"])).all()
    alone = CliRunner().invoke(command, ["--task", "depth", "--scenes", "2", "--no-features"])
    assert "features" not in alone.output


def test_errors_are_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(sys, "argv", ["x", "--task", "nothing", "--no-features"])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2
    assert capsys.readouterr().err.startswith("error: ")
