"""The notebook of the loop runs from the first cell to the last, and says what it should."""

import json
import math
import os
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = ROOT / "docs/notebook.ipynb"
PACKAGES = ("nbclient", "nbformat", "ipykernel")
MISSING = [name for name in PACKAGES if find_spec(name) is None]
SECONDS = 900  # that one cell may take on a busy machine


def cells() -> list[dict[str, Any]]:
    return json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]


def test_it_is_kept_without_outputs():
    code = [cell for cell in cells() if cell["cell_type"] == "code"]
    assert len(code) > 8
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert NOTEBOOK.stat().st_size < 100_000


@pytest.mark.slow
@pytest.mark.skipif(bool(MISSING), reason=f"needs painterkit[dev], lacks {', '.join(MISSING)}")
def test_it_runs_and_shows_numbers_and_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    import nbformat  # pyright: ignore[reportMissingImports]
    from nbclient import NotebookClient  # pyright: ignore[reportMissingImports]

    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(
        notebook,
        timeout=SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(tmp_path)}},
    ).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    shown = [output.data for output in outputs if output.output_type == "display_data"]
    assert sum("image/png" in data for data in shown) == 3
    table = next(o.data["text/plain"] for o in outputs if "searched" in str(o.get("data")))
    for name in ("searched", "learned"):
        row = re.search(rf"{name}((?:\s+-?\d+\.\d+){{5}})", table)
        assert row, table
        value, random, gain, low, high = map(float, row[1].split())
        assert math.isclose(random - value, gain, abs_tol=0.002)
        assert low <= gain <= high
    said = "".join(output.text for output in outputs if output.output_type == "stream")
    assert "searched prompt for depth on world-shifted" in said
    assert "95 % interval" in said
    assert (tmp_path / "runs/notebook/tune/prompt/input.png").is_file()
