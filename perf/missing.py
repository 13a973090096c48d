"""What a contestant needs and this machine has not."""


class MissingError(Exception):
    """A contestant cannot run here; the text says what is missing and how to get it."""
