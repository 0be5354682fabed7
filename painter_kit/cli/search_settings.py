"""The settings of ``painterkit search-prompt``, with defaults for a laptop."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from painter_kit.cli.prompting import PromptSettings, config_of
from painter_kit.options.search import SearchOptions

if TYPE_CHECKING:
    from prompt_search.config import SearchConfig


@dataclass(frozen=True)
class SearchSettings(SearchOptions, PromptSettings):
    """Settings of ``search-prompt``: those of a search, and what they are about.

    ``budget`` as the option; ``include`` are prompt folders that join the candidates.
    """

    budget: int | str | None = None
    include: tuple[str, ...] = ()

    def config(self, forwards: int | None = None) -> SearchConfig:
        """The search's own settings with a budget in forwards.

        Raises ``InputError`` for values that make no sense.
        """
        from prompt_search.config import SearchConfig

        return config_of(SearchConfig, replace(self, budget=forwards))
