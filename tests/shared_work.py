"""What processes do together, for ``torchrun``: ``shared_work.py OUT`` writes ``OUT/RANK.json``."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from painter_kit.distributed import from_first, process_group, rank, shared
from painter_kit.errors import InputError, PainterKitError
from painter_kit.evaluation.shared import open_store
from painter_kit.evaluation.store import FILE
from painter_kit.types import Record


def refuse() -> None:
    raise InputError("no such thing")


def halve(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Half of even numbers, and who computed it."""
    for number in numbers:
        if number % 2:
            raise ValueError(f"{number} is odd")
    return [(number // 2, rank()) for number in numbers]


def told(work) -> list[str]:
    """Kind and text of what ``work`` raises."""
    try:
        work()
    except PainterKitError as error:
        return [type(error).__name__, str(error)]
    return []


def main(out: Path) -> None:
    """Everything that the test wants to know of this process."""
    seen: dict[str, object] = {"first": from_first(rank)}
    seen["halves"] = shared(halve, range(0, 14, 2))
    seen["none"] = shared(halve, [])
    seen["odd"] = told(lambda: shared(halve, [2, 4, 6, 8, 10, 11]))
    seen["refused"] = told(lambda: from_first(refuse))
    own = out / f"store-{rank()}"
    with open_store(own) as store:
        store.put_many({b"a" * 16: Record(np.array([1.5, rank()]))})
        store.put_painted({b"b" * 16: np.full((2, 2, 3), 7, np.uint8)})
        record = store.get_many([b"a" * 16, b"c" * 16])
        seen["records"] = {key.decode(): row.values.tolist() for key, row in record.items()}
        seen["painted"] = {
            k.decode(): v.tolist() for k, v in store.get_painted([b"b" * 16]).items()
        }
    seen["file"] = (own / FILE).is_file()
    (out / "file").write_text("", encoding="utf-8")
    seen["no store"] = told(lambda: open_store(out / "file" / "store").__enter__())[:1]
    (out / f"{rank()}.json").write_text(json.dumps(seen), encoding="utf-8")


if __name__ == "__main__":
    torch.set_num_threads(1)
    with process_group(torch.device("cpu")):
        main(Path(sys.argv[1]))
