"""Sample durable functions, one or more for each kind of operation and each way to end, and what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent

SOURCES: Mapping[str, str] = {
    "orders": "orders.py:handler",
    "invoices": "invoices.py:handler",
    "onboarding": "onboarding.py:handler",
    "shipments": "shipments.py:handler",
    "restocking": "restocking.py:handler",
    "supplier": "restocking.py:supplier",
    "tax": "restocking.py:tax",
    "tenders": "tenders.py:handler",
    "bidders": "tenders.py:bidder",
    "brokers": "tenders.py:bidder",
    "refunds": "failures.py:refund",
    "imports": "failures.py:importer",
    "contracts": "failures.py:contract",
    "reports": "failures.py:report",
    "newsletters": "failures.py:newsletter",
}
"""Function name and the handler behind it, below FOLDER."""

SHORT_LIVED = {"reports": 4, "brokers": 4}
"""Functions whose executions may take only so many seconds."""


class Action(Enum):
    """What the demo does to an execution, in the place of a person."""

    STOP = auto()
    STOP_CHILD = auto()
    REJECT = auto()
    PAUSE = auto()
    """Pause it, resume it and pause it again."""


@dataclass(frozen=True, slots=True)
class Sample:
    """An execution that the demo starts."""

    function: str
    name: str
    shows: str
    becomes: str
    """The status that it reaches, or keeps."""
    input: Mapping[str, Any] = field(default_factory=dict)
    waits_for: str | None = None
    """The operation that it is suspended on, for good or until the action."""
    action: Action | None = None


SAMPLES = (
    Sample(
        "orders",
        "order-1042",
        "retries, then waits for your approval",
        "RUNNING",
        {"id": 1042, "lines": [{"sku": "lamp", "price": 39.9, "count": 2}, {"sku": "bulb", "price": 4.5, "count": 6}]},
        waits_for="approval",
    ),
    Sample(
        "invoices",
        "invoices-2026-11",
        "a map over 6 customers, one fails",
        "SUCCEEDED",
        {
            "customers": [
                {"name": name, "vat_id": None if name == "Initech" else f"DE{number}"}
                for number, name in enumerate(("Acme", "Globex", "Initech", "Umbrella", "Hooli", "Stark"), 811_001)
            ]
        },
    ),
    Sample(
        "onboarding",
        "onboard-acme",
        "parallel branches, one waits an hour",
        "RUNNING",
        {"tenant": "acme"},
        waits_for="trial-period",
    ),
    Sample("shipments", "parcel-77", "polls until a condition holds", "SUCCEEDED", {"parcel": "77"}),
    Sample("restocking", "restock-lamp", "chained invokes", "SUCCEEDED", {"sku": "lamp", "count": 40}),
    Sample(
        "tenders",
        "tender-5",
        "chained invokes that fail, time out, are stopped",
        "SUCCEEDED",
        {"sku": "bulb", "asked": {"declines": "bidders", "is-silent": "brokers", "withdraws": "bidders"}},
        waits_for="withdraws",
        action=Action.STOP_CHILD,
    ),
    Sample("refunds", "refund-1038", "a step fails", "FAILED", {"order": 1038}),
    Sample("imports", "import-88", "the process dies in a step, again and again", "FAILED", {"file": "2026-11.csv"}),
    Sample("contracts", "contract-4411", "a callback times out", "FAILED", {"contract": 4411}),
    Sample(
        "contracts",
        "contract-4412",
        "a callback is answered with an error",
        "FAILED",
        {"contract": 4412, "days": 30},
        waits_for="signature",
        action=Action.REJECT,
    ),
    Sample("reports", "report-2026-10", "the execution times out", "TIMED_OUT", {"month": "2026-10"}),
    Sample(
        "newsletters",
        "issue-12",
        "is stopped",
        "STOPPED",
        {"issue": 12},
        waits_for="until-morning",
        action=Action.STOP,
    ),
    Sample(
        "newsletters",
        "issue-13",
        "is paused, resumed and paused again",
        "PAUSED",
        {"issue": 13},
        waits_for="until-morning",
        action=Action.PAUSE,
    ),
)
