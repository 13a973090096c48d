"""The plan that a statement is kept with, whatever values come."""

import json
import re
from collections.abc import Iterator
from typing import Any

import asyncpg

from worker.storage.connection import Connection

PARAMETER = re.compile(r"\$(\d+)")


async def plan_of(connection: asyncpg.Connection | Connection, sql: str) -> dict[str, Any]:
    """Give the topmost node of the plan, as the connection's settings have it now."""
    nulls = ", ".join(["NULL"] * max(int(n) for n in PARAMETER.findall(sql)))
    await connection.execute(f"PREPARE kept AS {sql}")
    (row,) = await connection.fetch(f"EXPLAIN (FORMAT JSON) EXECUTE kept({nulls})")
    await connection.execute("DEALLOCATE kept")
    (explained,) = json.loads(row[0])
    plan: dict[str, Any] = explained["Plan"]
    return plan


def scans(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the nodes that read a table."""
    if "Relation Name" in plan and plan["Node Type"] != "ModifyTable":
        yield plan
    for below in plan.get("Plans", ()):
        yield from scans(below)
