"""The life of a command, a file for each step: start with `life.py`."""
