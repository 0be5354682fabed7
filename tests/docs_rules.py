"""How each command of README and docs is held to what it says: run in small, or parsed, and why.

The first rule whose pattern is found in the command decides; a command without one fails. A new
page needs nothing here as long as its commands are like those below.
"""

import re
from dataclasses import dataclass
from typing import Literal

SEARCH = "--pool 6 --select 4 --confirm 4 --panel 4 --set resamples=200"
LEARN = f"{SEARCH} --set steps=2 --set batch=2 --set evaluate_every=1 --set robustness=false"
SUITE = (
    "painterkit benchmark --suite world-unseen-tasks --parts ring --count 2 --prompts random:1 "
    "--controls 0 --resamples 100"
)
# What pages take for granted: files and folders by name, and how they are made, in this order.
MADE = {
    "my/pairs": "painterkit world --task depth --count 20 --size 64x64 --out my/pairs",
    "my/rooms": "painterkit world --task depth --count 20 --size 64x64 --out my/rooms",
    "runs/mine": "painterkit search-prompt --task depth --data folder:my/pairs "
    f"--out runs/mine {SEARCH}",
    "runs/learned": "painterkit tune-prompt --task depth --data folder:my/pairs --out runs/learned "
    f"--init runs/mine/prompt {LEARN}",
    "runs/evaluate": "painterkit evaluate --task depth --data folder:my/pairs --prompt "
    "runs/mine/prompt --resamples 200 --out runs/evaluate",
    "runs/other": "painterkit evaluate --task depth --data folder:my/pairs --prompt random:1 "
    "--resamples 200 --out runs/other",
    "runs/small": f"{SUITE} --out runs/small",
    "runs/large": f"{SUITE} --out runs/large",
}
# Other names for the same: what a page calls it -> what it is a copy of.
NAMED = {
    "runs/search-prompt-1": "runs/mine",
    "runs/tune-prompt-1": "runs/learned",
    "runs/evaluate-1": "runs/evaluate",
    "runs/evaluate-2": "runs/other",
    "runs/evaluate-3": "runs/evaluate",
    **dict.fromkeys(("a", "b", "c"), "runs/mine/prompt"),
    "runs/demo-1/world/search/prompt": "runs/mine/prompt",
    "runs/demo-1/world-shifted/search/prompt": "runs/mine/prompt",
}


@dataclass(frozen=True)
class Rule:
    """``run``: executed with the options ``more`` behind it, which win over those before, and words
    ``put`` in the place of others. ``parse``: read by the real command up to where work would
    begin. ``other``: a program that is not the project's. The last two say ``why``."""

    pattern: str
    how: Literal["run", "parse", "other"]
    more: str = ""
    why: str = ""
    put: tuple[str, str] = ("", "")

    def __post_init__(self) -> None:
        assert (self.how == "run") != bool(self.why), "a reason belongs to what is not run"


RULES = (
    # Programs of others.
    Rule(r"^make (demo|test|docs)$", "other", why="installs anew; .ci/run is make test, "
         "benchmarks.newcomer times make demo"),
    Rule(r"^(cd|git clone|export|\.|source) ", "other", why="the shell's own"),
    Rule(r"^mkdir ", "other", why="a folder of the user's shell"),
    Rule(r"^painterkit '?>", "other", why="asks for completion: tests/test_cli_completion.py"),
    Rule(r"^(python3? -m venv|(python3? -m )?pip install|apt-get)", "other", why="installs"),
    Rule(r"^mlflow models serve|^curl ", "other", why="tests/test_cli_export.py serves and asks"),
    # The project's, where it cannot run here.
    Rule(r"torchrun|srun", "parse", why="several machines; tests/test_distributed.py runs two "
         "processes"),
    Rule(r"_vit_(large|base)|BAAI/seggpt|mae_pretrain|--device cuda", "parse",
         why="released weights or a GPU"),
    Rule(r"^painterkit ui", "parse", why="serves until interrupted; tests/test_cli_ui.py"),
    Rule(r"(--data|check|prepare) (nyuv2|ade20k|coco|sidd|derain|lol|fss1000|ap10k|lvis|mine)|"
         r"--data-root", "parse", why="data that must be downloaded"),
    Rule(r"^painterkit train --recipe world-", "parse", why="hours; tests/test_cli_train.py"),
    Rule(r"^painterkit demo", "parse", why="minutes; tests/test_cli_demo.py runs it in small"),
    Rule(r"^python -m benchmarks\.(?!ablations.*--plan)", "parse", why="minutes; each has a test"),
    # What a plan, a list or a check of settings costs is little.
    Rule(r"--(list|help|version)\b|^painterkit (tasks|datasets)", "run"),
    Rule(r"^painterkit train .*(NAME|finetune-one-cpu)", "run",
         "--data folder:my/pairs --task depth --no-mlflow --set iterations=2 --set batch=2",
         put=("NAME", "finetune-one-cpu")),
    Rule(r"^painterkit tune-prompt .*--resume", "run"),
    Rule(r"^painterkit( --plugin \S+)? search-prompt", "run", SEARCH),
    Rule(r"^painterkit tune-prompt .*--sweep", "run", f"{LEARN} --sweep 2 --init random"),
    Rule(r"^painterkit( --plugin \S+)? tune-prompt", "run", LEARN),
    Rule(r"^painterkit( --plugin \S+)? evaluate", "run", "--count 2 --resamples 200"),
    Rule(r"^painterkit benchmark", "run", "--count 2 --prompts random:2"),
    Rule(r"^painterkit world --as nyuv2", "run", "--count 2 --overwrite"),
    Rule(r"^painterkit world", "run", "--count 20 --size 64x64 --overwrite"),
    Rule(r"^painterkit( --plugin \S+)? (predict|report|compare|export)", "run"),
    Rule(r"^python -m benchmarks\.ablations", "run", "--throughput 100"),
)  # fmt: skip

# Python snippets: what stands before them, by page; "compile" for those that need files of others.
SNIPPETS = {
    "README.md": "import numpy as np; photo = np.zeros((48, 64, 3), np.uint8)",
    "docs/seggpt.md": "compile",
}


def rule_of(text: str) -> Rule | None:
    """The rule for a command."""
    return next((rule for rule in RULES if re.search(rule.pattern, text)), None)
