"""Tests: `unit` needs no server, `integration` and `acceptance` do."""
