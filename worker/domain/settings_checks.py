"""What must hold of a venue's settings as a whole: rules over more than one of them.

A problem's `field` names the setting to mend, whether the command had it or another one.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision

from worker.domain.decision import Problem
from worker.domain.patch import JsonObject

AMOUNTS = ("service_fixed", "facility_fixed", "processing_fixed")
"""The settings that are money, not a part of it."""


def settings_problems(settings: JsonObject) -> tuple[Problem, ...]:
    """Return what is wrong with all settings, as an update would leave them."""
    return (
        *_of_amounts(_section(settings, "fees")),
        *_of_currencies(settings),
        *_of_will_call(_section(settings, "ticketing")),
    )


def _section(settings: JsonObject, name: str) -> dict[str, Any]:
    section = settings[name]
    return section if isinstance(section, dict) else {}


def _of_amounts(fees: dict[str, Any]) -> Iterator[Problem]:
    charged = {name: amount for name in AMOUNTS if (amount := Decimal(fees[name]))}
    currency = fees["currency"]
    if currency is None:
        if charged:
            names = ", ".join(charged)
            yield _wrong(
                "/fees/currency", f"an amount needs a currency ({names}); give one, or no amount"
            )
        return
    # As the currency is in use (CLDR): amounts in IQD have none, though a dinar has 1000 fils.
    most = get_currency_precision(currency)
    for name, amount in charged.items():
        if _decimals(amount) > most:
            message = f"{currency} has {most} decimals; give an amount that has no more"
            yield _wrong(f"/fees/{name}", message)


def _decimals(amount: Decimal) -> int:
    # By value: 250.00 is a whole number of yen.
    exponent = amount.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _of_currencies(settings: JsonObject) -> Iterator[Problem]:
    currency = _section(settings, "fees")["currency"]
    accepted = _section(settings, "payment")["accepted_currencies"]
    if accepted and currency and currency not in accepted:
        message = f"fees are in {currency}; accept it too, or leave the list empty"
        yield _wrong("/payment/accepted_currencies", message)


def _of_will_call(ticketing: dict[str, Any]) -> Iterator[Problem]:
    if "will_call" in ticketing["delivery_methods"] and not ticketing["will_call"]:
        message = "without will_call no ticket can be delivered that way; take it off the list"
        yield _wrong("/ticketing/delivery_methods", message)


def _wrong(field: str, message: str) -> Problem:
    return Problem("invalid_data", message, field)
