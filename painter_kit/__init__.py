"""painterkit: the model, tasks, data and evaluation around a pretrained Painter.

Public names are imported on first use, so that ``import painter_kit`` stays light.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from painter_kit.inference.ensemble import EnsemblePrompt
    from painter_kit.inference.parted import PartedPrompt, load_prompt
    from painter_kit.inference.predictor import Predictor
    from painter_kit.inference.prompt import Prompt
    from painter_kit.model.checkpoint import init_from_mae, load_painter
    from painter_kit.model.painter import Painter
    from painter_kit.tasks.base import Task, get_task, register_task

__version__ = "0.1.0"

_EXPORTS = {
    "EnsemblePrompt": "painter_kit.inference.ensemble",
    "Painter": "painter_kit.model.painter",
    "PartedPrompt": "painter_kit.inference.parted",
    "Predictor": "painter_kit.inference.predictor",
    "Prompt": "painter_kit.inference.prompt",
    "Task": "painter_kit.tasks.base",
    "get_task": "painter_kit.tasks.base",
    "init_from_mae": "painter_kit.model.checkpoint",
    "load_painter": "painter_kit.model.checkpoint",
    "load_prompt": "painter_kit.inference.parted",
    "register_task": "painter_kit.tasks.base",
}

__all__ = [
    "EnsemblePrompt",
    "Painter",
    "PartedPrompt",
    "Predictor",
    "Prompt",
    "Task",
    "get_task",
    "init_from_mae",
    "load_painter",
    "load_prompt",
    "register_task",
]


def __getattr__(name: str) -> Any:
    if name in _EXPORTS:
        return getattr(import_module(_EXPORTS[name]), name)
    raise AttributeError(f"module 'painter_kit' has no attribute {name!r}")
