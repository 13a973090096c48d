"""The demo: a worker process of its own, 279 real ballparks, and a check that all adds up."""
