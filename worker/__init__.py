"""The venue worker: venue commands in from RabbitMQ, state and events into PostgreSQL, events out.

Read `worker/pipeline/life.py` first: it is the life of a command, and every step it names has a
file of its own beside it.
"""

__version__ = "0.1.0"
