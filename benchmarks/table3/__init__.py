"""Table 3 on the world: random, searched and learned prompts of every task."""
