"""Free ports for servers which will be stopped and started again."""

import port_for


def free_ports(count: int) -> list[int]:
    """Choose distinct ports outside the range from which the system serves outgoing connections.

    So nothing takes a server's port while it is stopped.
    """
    ports: list[int] = []
    while len(ports) < count:
        ports.append(port_for.select_random(exclude_ports=ports))
    return ports
