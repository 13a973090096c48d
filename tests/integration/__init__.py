"""Parts of the worker on real services."""
