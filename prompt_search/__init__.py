"""Search for the best example pair of a training set.

Public names are imported on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prompt_search.config import SearchConfig
    from prompt_search.result import SearchResult
    from prompt_search.search import search_prompt

_EXPORTS = {
    "SearchConfig": "prompt_search.config",
    "SearchResult": "prompt_search.result",
    "search_prompt": "prompt_search.search",
}

__all__ = ["SearchConfig", "SearchResult", "search_prompt"]


def __getattr__(name: str) -> Any:
    if name in _EXPORTS:
        return getattr(import_module(_EXPORTS[name]), name)
    raise AttributeError(f"module 'prompt_search' has no attribute {name!r}")
