"""Turning official downloads into painted pairs and pair lists, and saying what is missing."""
