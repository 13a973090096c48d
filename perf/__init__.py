"""Measurements of the worker beside others that give the same guarantees: `python -m perf`."""
