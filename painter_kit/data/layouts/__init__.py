"""The procedural world on disk, in the layouts of the official datasets."""
