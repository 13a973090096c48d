"""RabbitMQ: what comes in, what goes out, and the connections for each of them."""
