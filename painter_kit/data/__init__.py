"""Readers of datasets, each a source of Examples."""
