"""The status page for people: the checks, how fast it goes, what waits, what was parked last."""

from collections.abc import Iterable
from html import escape
from typing import Any

from worker import __version__

LISTS = ("recent", "held")
"""Details that are too long for a cell; `/health/full` has them."""

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>venue-worker: {status}</title>
<meta http-equiv="refresh" content="2"><meta name="viewport" content="width=device-width">
<style>
 body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem;
        color: #1d2733; background: #fff }}
 table {{ border-collapse: collapse; width: 100%; margin-bottom: 2rem }}
 th, td {{ text-align: left; padding: .4rem .8rem; border-bottom: 1px solid #d8dee6;
          vertical-align: top }}
 .ok {{ color: #0a6b2d }} .warning, .degraded {{ color: #8a5a00 }}
 .error, .unhealthy {{ color: #b00020 }} small {{ color: #586675 }}
</style></head><body>
<h1>venue-worker <span class="{status}">{status}</span> <small>version {version}</small></h1>
<h2>Checks</h2>
<table><tr><th>check</th><th>status</th><th>took</th><th>message</th><th>details</th></tr>
{checks}</table>
<h2>Parked last</h2>
<table><tr><th>id</th><th>reason</th><th>times seen</th><th>last seen</th></tr>
{parked}</table>
<p><small>Refreshes every two seconds. For programs: <a href="/health/full">/health/full</a>,
<a href="/metrics">/metrics</a>. A parked command whole: <code>venue-worker parked show ID</code>.
</small></p></body></html>
"""


def page(document: dict[str, Any]) -> str:
    """Return the page that shows `/health/full`."""
    checks = document["checks"]
    recent = checks["parked"]["details"].get("recent", [])
    return PAGE.format(
        status=document["status"],
        version=__version__,
        checks="\n".join(_check(name, check) for name, check in checks.items()),
        parked="\n".join(
            _row([one["id"], one["reason"], one["times_seen"], one["last_seen"]]) for one in recent
        )
        or _row(["none", "", "", ""]),
    )


def _check(name: str, check: dict[str, Any]) -> str:
    status = check["status"]
    details = ", ".join(
        f"{key.replace('_', ' ')} {value}"
        for key, value in check["details"].items()
        if key not in LISTS and value not in (None, [], {})
    )
    cells = [name, status, f"{check['response_time_ms']} ms", check["message"], details]
    return _row(cells, status)


def _row(cells: Iterable[object], status: str = "") -> str:
    return f'<tr class="{status}">' + "".join(f"<td>{escape(str(c))}</td>" for c in cells) + "</tr>"
