"""What a small Painter of the world can do in context: ``python -m benchmarks.abilities``."""
