"""Search for the best example pair of a training set."""
