"""Tests of the rules and of reading and writing messages, without a server."""
