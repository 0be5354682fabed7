"""Tables with pictures, as files for MLflow's table view."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from painter_kit.tracking import start_tracking
from painter_kit.tracking.tables import columns_of, picture_folder
from tests.tracking_toys import PICTURE, artifact


def test_pictures_go_into_files_and_rows_into_columns(tmp_path: Path):
    rows = [{"id": "a", "painted": PICTURE}, {"id": "b", "painted": PICTURE[:4]}]
    columns = columns_of("per_image.json", rows, tmp_path)
    assert columns["id"] == ["a", "b"]
    for row, cell in zip(rows, columns["painted"], strict=True):
        folder, _, name = cell["filepath"].rpartition("/")
        assert folder == picture_folder("per_image.json") == "table_images/per_image"
        np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / name)), row["painted"])


def test_rows_without_a_picture_share_an_empty_one(tmp_path: Path):
    rows = [{"painted": PICTURE}, {"painted": None}, {"painted": None}]
    shown, *empty = columns_of("t.json", rows, tmp_path)["painted"]
    assert empty[0] == empty[1] != shown
    assert len(list(tmp_path.iterdir())) == 2


def test_columns_without_pictures_stay_as_they_are(tmp_path: Path):
    assert columns_of("t.json", [{"a": None}, {"a": 1.5}], tmp_path) == {"a": [None, 1.5]}
    assert columns_of("t.json", [], tmp_path) == {}
    assert list(tmp_path.iterdir()) == []


def test_pictures_must_be_bytes(tmp_path: Path):
    with pytest.raises(ValueError, match=r"picture of table t\.json must be uint8"):
        columns_of("t.json", [{"a": PICTURE / 255}], tmp_path)


def test_mlflow_takes_a_table_with_pictures_in_some_rows(
    mlflow_here: Path, caplog: pytest.LogCaptureFixture
):
    opened = start_tracking()
    with opened.run("prompt", "p") as run:
        run.table("per_image.json", [{"id": "a", "p": PICTURE}, {"id": "b", "p": None}])
    assert caplog.records == []
    assert opened.client is not None
    table = opened.client.load_table(opened.experiment_id, "per_image.json", [run.run_id])
    assert list(table["id"]) == ["a", "b"]
    for cell in table["p"]:
        assert artifact(mlflow_here, cell["filepath"]).is_file()
