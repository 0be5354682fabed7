"""Search strategies compared in seconds, on score matrices instead of a model."""
