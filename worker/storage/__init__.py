"""PostgreSQL: a module a table, each query by its name from `sql/*.sql`."""
