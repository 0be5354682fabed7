"""Requests to an MLflow store that may fail without stopping the work."""

from __future__ import annotations

import logging
import warnings
from typing import Any

from painter_kit.errors import causes
from painter_kit.tracking.store import impatient

log = logging.getLogger(__name__)

# After this many failures in a row nothing more is sent: the work goes on without.
MOST_FAILURES = 3


class Sender:
    """Sends for all runs of a verb. What the store refuses is told each time, that it is away once.

    ``failures`` counts those in a row, ``failed`` tells whether anything at all is missing.
    """

    def __init__(self, client: Any, uri: str = "") -> None:
        self.client, self.uri = client, uri
        self.failures = 0
        self.failed = False
        self._told_away = False

    @property
    def lost(self) -> bool:
        """Whether nothing more is sent."""
        return self.failures >= MOST_FAILURES

    def send(self, what: str, method: str, *args: Any, **options: Any) -> Any:
        """What the client's ``method`` returns; None when it failed. ``what`` is for the words."""
        if self.lost:
            return None
        try:
            with warnings.catch_warnings(), impatient():
                warnings.simplefilter("ignore")
                result = getattr(self.client, method)(*args, **options)
            self.failures = 0
            return result
        except Exception as error:
            self.failures += 1
            self.failed = True
            self._tell(what, error)
            return None

    def _tell(self, what: str, error: Exception) -> None:
        reason = " ".join(str(error).split()).partition(" [SQL:")[0][:300]
        if not is_away(error):
            over = "; nothing more is sent" if self.lost else ""
            log.warning("MLflow took no %s: %s%s", what, reason, over)
        elif not self._told_away:
            self._told_away = True
            log.warning(
                "MLflow at %s is away (%s); the work goes on without it and --out gets everything: "
                "painterkit report --log DIR logs a search, tuning, evaluation or training later",
                *(self.uri, _cause(error) or reason),
            )


def is_away(error: BaseException) -> bool:
    """Whether a server could not be reached, rather than that it refused something."""
    from requests.exceptions import ConnectionError, Timeout

    return any(isinstance(one, ConnectionError | Timeout) for one in causes(error))


def _cause(error: BaseException) -> str:
    """What the operating system said, such as ``Connection refused``; empty if nothing."""
    said = [one.strerror for one in causes(error) if isinstance(one, OSError) and one.strerror]
    return said[-1] if said else ""
