"""The fields that the command line has in common with the libraries."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["search", "tune"])
def test_they_come_without_what_computes(module: str):
    heavy = "{'numpy', 'scipy', 'torch', 'optuna'}"
    code = f"import sys, painter_kit.options.{module}; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
