"""The query service: a file a query, the register of them, and the subscriber that answers."""
