"""Random commands against the real pipeline and a small model of the contract beside it."""
