"""How workers share the partitions: who consumes which queue, and how their number changes."""
