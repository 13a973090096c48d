"""The ledger, for a terminal and as Markdown."""

from tests.chaos.run import Result


def shown(result: Result) -> str:
    """Return the ledger as lines of text."""
    plan, ledger = result.plan, result.ledger
    sent = (
        f"seed {plan.seed}: {plan.commands} messages in {result.sending_seconds:.0f} s by"
        f" {plan.publishers} publishers, {plan.workers} workers on {plan.partitions} partition(s);"
        f" settled {result.settling_seconds:.0f} s later"
    )
    faults = ", ".join(f"{kind} {count}" for kind, count in result.faults.items())
    workers = (
        f"workers started {result.starts} times, exit statuses {_ends(result)};"
        f" at the end {result.stopped_with}"
    )
    lines = [
        f"chaos on {result.kind}",
        sent,
        f"{sum(result.faults.values())} faults: {faults}",
        workers,
        *(f"  {count:>9} {what}" for what, count in sorted(ledger.counts.items())),
        *(f"  {'✗' if count else '✓'} {count:>7} {what}" for what, count in ledger.wrong.items()),
        "all adds up" if result.good else f"SOMETHING IS WRONG; see {result.files}",
    ]
    return "\n".join(lines)


def markdown(result: Result) -> str:
    """Return the ledger as a document."""
    return (
        "# The ledger of a long run\n\n"
        f'By `make chaos ARGS="--seed {result.plan.seed}"`.\n\n```\n{shown(result)}\n```\n'
    )


def _ends(result: Result) -> str:
    return ", ".join(f"{status}: {count}" for status, count in sorted(result.ends.items()))
