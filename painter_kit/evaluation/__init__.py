"""Records, splits, intervals and gains."""
