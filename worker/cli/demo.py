"""`venue-worker demo`."""


def demo() -> None:
    """Run the worker on 279 real ballparks and check that all adds up."""
