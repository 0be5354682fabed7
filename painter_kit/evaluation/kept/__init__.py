"""Predictions as files in the forms that the benchmarks take."""
