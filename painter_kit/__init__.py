"""painterkit: the model, tasks, data and evaluation around a pretrained Painter.

Public names are imported on first use, so that ``import painter_kit`` stays light.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from painter_kit.data.base import open_dataset, register_dataset
    from painter_kit.data.folder import register_target
    from painter_kit.data.specs import with_canvas
    from painter_kit.evaluation.judge import Judge
    from painter_kit.evaluation.pool import draw_prompt
    from painter_kit.evaluation.splits import Sizes, make_splits
    from painter_kit.evaluation.store import Store
    from painter_kit.inference.ensemble import EnsemblePrompt
    from painter_kit.inference.parted import PartedPrompt, load_prompt
    from painter_kit.inference.predictor import Predictor
    from painter_kit.inference.prompt import Prompt
    from painter_kit.model.checkpoint import init_from_mae, load_painter
    from painter_kit.model.painter import Painter
    from painter_kit.tasks.base import Task, get_task, register_task
    from painter_kit.types import Coding, Example, Record, Spec

__version__ = "0.1.0"

_EXPORTS = {
    "Coding": "painter_kit.types",
    "EnsemblePrompt": "painter_kit.inference.ensemble",
    "Example": "painter_kit.types",
    "Judge": "painter_kit.evaluation.judge",
    "Painter": "painter_kit.model.painter",
    "PartedPrompt": "painter_kit.inference.parted",
    "Predictor": "painter_kit.inference.predictor",
    "Prompt": "painter_kit.inference.prompt",
    "Record": "painter_kit.types",
    "Sizes": "painter_kit.evaluation.splits",
    "Spec": "painter_kit.types",
    "Store": "painter_kit.evaluation.store",
    "Task": "painter_kit.tasks.base",
    "draw_prompt": "painter_kit.evaluation.pool",
    "get_task": "painter_kit.tasks.base",
    "init_from_mae": "painter_kit.model.checkpoint",
    "load_painter": "painter_kit.model.checkpoint",
    "load_prompt": "painter_kit.inference.parted",
    "make_splits": "painter_kit.evaluation.splits",
    "open_dataset": "painter_kit.data.base",
    "register_dataset": "painter_kit.data.base",
    "register_target": "painter_kit.data.folder",
    "register_task": "painter_kit.tasks.base",
    "with_canvas": "painter_kit.data.specs",
}

__all__ = [
    "Coding",
    "EnsemblePrompt",
    "Example",
    "Judge",
    "Painter",
    "PartedPrompt",
    "Predictor",
    "Prompt",
    "Record",
    "Sizes",
    "Spec",
    "Store",
    "Task",
    "draw_prompt",
    "get_task",
    "init_from_mae",
    "load_painter",
    "load_prompt",
    "make_splits",
    "open_dataset",
    "register_dataset",
    "register_target",
    "register_task",
    "with_canvas",
]


def __getattr__(name: str) -> Any:
    if name in _EXPORTS:
        return getattr(import_module(_EXPORTS[name]), name)
    raise AttributeError(f"module 'painter_kit' has no attribute {name!r}")
