"""Learn the prompt pair with the model frozen.

Public names are imported on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prompt_tuning.config import TuneConfig
    from prompt_tuning.result import TuneResult
    from prompt_tuning.run import tune_prompt

_EXPORTS = {
    "TuneConfig": "prompt_tuning.config",
    "TuneResult": "prompt_tuning.result",
    "tune_prompt": "prompt_tuning.run",
}

__all__ = ["TuneConfig", "TuneResult", "tune_prompt"]


def __getattr__(name: str) -> Any:
    if name in _EXPORTS:
        return getattr(import_module(_EXPORTS[name]), name)
    raise AttributeError(f"module 'prompt_tuning' has no attribute {name!r}")
