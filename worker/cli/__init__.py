"""The command `venue-worker`: a file a subcommand, words in, one call each."""
