"""What a scenario came to: figures, promises, series; a table, a JSON file, a page of plots."""
