"""``painterkit prepare blur`` and ``datasets check blur``."""

from __future__ import annotations

from functools import partial

from painter_kit.data.prepare import unseen

STEPS = (unseen.step("blur"),)
check = partial(unseen.check, "blur")
