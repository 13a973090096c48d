"""Load on a worker, and what it did under it: each part a process of its own."""
