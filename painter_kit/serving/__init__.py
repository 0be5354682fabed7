"""A Painter with a prompt as a predictor of its own: a folder, and what it answers."""
