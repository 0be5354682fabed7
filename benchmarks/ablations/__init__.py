"""The paper's ablations on the small Painter: ``python -m benchmarks.ablations``."""
