"""Venues that are there before the start, made by SQL, and known here by their numbers."""

import random
import uuid

import asyncpg

SEED = 20261124
TENANTS = tuple(
    str(uuid.UUID(int=random.Random(SEED + n).getrandbits(128), version=4))  # noqa: S311 - variety
    for n in range(20)
)

VENUES = """
INSERT INTO venue (tenant_id, id, version, status, slug, fields, created_at, updated_at)
SELECT ($1::uuid[])[n % cardinality($1::uuid[]) + 1],
       ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
       1, 'pending', 'kept-' || to_hex(n),
       format('{"name":"Kept %s","type":"arena","address":{"city":"Boston","region":"MA",'
              '"country":"US"},"timezone":"America/New_York","capacity":{"max":%s,"seated":100},'
              '"website":"https://venues.example.com/","features":["parking","wifi"],'
              '"tags":["music","imported"]}', to_hex(n), 200 + n % 40000)::json,
       now() - interval '1 day', now() - interval '1 day'
FROM generate_series($2::bigint, $3::bigint) AS n
"""


def kept(number: int) -> tuple[int, str]:
    """Return the tenant's place in `TENANTS` and the venue's id of a venue made by `VENUES`."""
    return number % len(TENANTS), f"01900000-0000-7000-8000-{number:012x}"


async def keep(url: str, count: int) -> None:
    """Make the venues 1 to `count` in a database."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(VENUES, list(TENANTS), 1, count)
        await connection.execute("VACUUM ANALYZE venue")
    finally:
        await connection.close()
