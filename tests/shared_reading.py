"""What each process reads, for ``torchrun``: ``shared_reading.py OUT`` writes ``OUT/RANK.json``."""

import json
import sys
from pathlib import Path

import torch

from painter_kit.distributed import process_group, rank
from painter_kit.evaluation.judge import Judge
from painter_kit.evaluation.loaded import Loaded
from painter_kit.evaluation.shared import open_store
from tests.test_evaluation_judge import prompt
from tests.toys import SPEC, TOY, Listed, ToyPainter, make_example

COUNT = 37


def main(out: Path) -> None:
    """One prompt on a stream of examples, another on examples that are kept, twice."""
    stream = Listed([make_example(f"s{i}", 0, level=i) for i in range(COUNT)])
    source = Listed([make_example(f"k{i}", 0, level=100 + i) for i in range(COUNT)])
    with open_store(out / f"store-{rank()}") as store:
        judge = Judge(TOY, SPEC, ToyPainter(), store, "model", batch_size=4)
        records = judge.records(prompt(), stream)
        kept = Loaded(source)
        again = [judge.table([prompt(), prompt(50)], kept) for _ in range(2)]
    seen = {
        "stream": dict(stream.loads),
        "kept": dict(source.loads),
        "values": [record.values.tolist() for record in records],
        "again": [[r.values.tolist() for r in row] for table in again for row in table],
        "counts": [judge.new, judge.reused],
    }
    (out / f"{rank()}.json").write_text(json.dumps(seen), encoding="utf-8")


if __name__ == "__main__":
    torch.set_num_threads(1)
    with process_group(torch.device("cpu")):
        main(Path(sys.argv[1]))
