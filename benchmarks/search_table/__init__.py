"""What searching is worth on every task of the world: ``python -m benchmarks.search_table``."""
