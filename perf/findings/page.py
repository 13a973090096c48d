"""The page of a scenario: one HTML file with its plots inside, made from the results alone."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from perf.findings.charts import charts
from perf.findings.thresholds import Figure

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #111; background: #fff;
       max-width: 1400px; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; }
td { border-bottom: 1px solid #ccc; padding: .25rem 1rem .25rem 0; }
td:last-child { text-align: right; font-variant-numeric: tabular-nums; }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(640px, 1fr)); gap: 1rem; }
figure { margin: 0; }
.plots svg { width: 100%; height: auto; overflow: visible; }
ul { list-style: none; padding: 0; }
.missed { font-weight: bold; color: #a30000; }
"""


def page(document: Mapping[str, Any]) -> str:
    """Return the page of a results file's document."""
    figures = "".join(
        f"<tr><td>{escape(name)}</td><td>{escape(Figure(**figure).text())}</td></tr>"
        for name, figure in document["figures"].items()
    )
    rows = "".join(_row(row) for row in document["rows"])
    runs = "".join(_run(name, run) for name, run in document["runs"].items())
    title = escape(f"venue-worker under load: {document['scenario']}")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style></head><body><h1>{title}</h1>"
        f"<p>{escape(document['about'])}</p><p>{escape(_conditions(document))}</p>"
        f"<ul>{''.join(_verdict(one) for one in document['verdicts'])}</ul>"
        f"<table>{figures}</table><table>{rows}</table>{runs}</body></html>\n"
    )


def _conditions(document: Mapping[str, Any]) -> str:
    return f"{document['time']}, {document['machine']}, {', '.join(document['servers'])}"


def _verdict(verdict: Mapping[str, Any]) -> str:
    text = escape(verdict["text"])
    return f"<li>✓ {text}</li>" if verdict["kept"] else f'<li class="missed">✗ {text}</li>'


def _row(row: Sequence[str]) -> str:
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>"


def _run(name: str, run: Mapping[str, Any]) -> str:
    plots = "".join(f"<figure>{svg}</figure>" for svg in charts(dict(run)))
    return f'<h2>{escape(name)}</h2><div class="plots">{plots}</div>'
