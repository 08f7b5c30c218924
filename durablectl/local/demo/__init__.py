"""Sample durable functions, one or more for each kind of operation and each way to end, and what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    "refunds": "failures.py:refund",
    "imports": "failures.py:importer",
    "contracts": "failures.py:contract",
    "reports": "failures.py:report",
    "newsletters": "failures.py:newsletter",
}
"""Function name and the handler behind it, below FOLDER."""

SHORT_LIVED = {"reports": 4}
"""Functions whose executions may take only so many seconds."""


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
    """The operation that an execution which stays open is suspended on."""
    is_stopped: bool = False
    """Whether the demo stops it."""


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
    Sample("refunds", "refund-1038", "a step fails", "FAILED", {"order": 1038}),
    Sample("imports", "import-88", "the process dies in a step, again and again", "FAILED", {"file": "2026-11.csv"}),
    Sample("contracts", "contract-4411", "a callback times out", "FAILED", {"contract": 4411}),
    Sample("reports", "report-2026-10", "the execution times out", "TIMED_OUT", {"month": "2026-10"}),
    Sample("newsletters", "issue-12", "is stopped", "STOPPED", {"issue": 12}, is_stopped=True),
)
