"""The procedural world: scenes with exact ground truth for every task."""
