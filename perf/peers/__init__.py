"""Other ways of writing a venue worker, each at its best, to hold ours against."""
