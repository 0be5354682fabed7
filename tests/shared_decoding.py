"""What each process decodes, for ``torchrun``: ``shared_decoding.py OUT`` writes ``RANK.json``."""

import json
import sys
import tempfile
from pathlib import Path

import torch

from painter_kit.distributed import barrier, process_group, rank
from painter_kit.evaluation.node import node_share
from tests.toys import Listed, make_example

COUNT = 30


def main(out: Path) -> None:
    """All of two sets, in step and each in its own order."""
    sets = [Listed([make_example(f"{s}{i}", i) for i in range(COUNT)]) for s in ("a", "b")]
    with node_share() as share:
        shared = [share(examples) for examples in sets]
        digests = [[example.digest for example in examples] for examples in shared]
        backwards = [shared[0][COUNT - 1 - i].id for i in range(COUNT)]
        barrier()
        folders = len(list(Path(tempfile.gettempdir()).glob("painterkit-*")))
    seen = {
        "loads": [dict(examples.loads) for examples in sets],
        "digests": digests,
        "backwards": backwards,
        "folders": folders,
    }
    (out / f"{rank()}.json").write_text(json.dumps(seen), encoding="utf-8")


if __name__ == "__main__":
    torch.set_num_threads(1)
    with process_group(torch.device("cpu")):
        main(Path(sys.argv[1]))
