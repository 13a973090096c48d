"""The venue rules: state and command in, decision out. No I/O, no clock, no database, no broker."""
