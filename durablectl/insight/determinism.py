"""The rule of code that does other things than the history has recorded."""

from __future__ import annotations

from collections.abc import Iterator

from durablectl.insight.case import Case
from durablectl.insight.commands import Intent
from durablectl.insight.errors import ErrorKind, Mismatch, kind_of, mismatch_of
from durablectl.insight.rules import Found
from durablectl.insight.sentences import Quote, Sentence, error_words, sentence
from durablectl.model.causes import CauseLink


def nondeterminism(case: Case) -> Iterator[Found]:
    """An SDK found that code and history differ."""
    link = next((link for link in _suspects(case) if kind_of(link.error) is ErrorKind.NONDETERMINISM), None)
    if link is None or link.error is None:
        return
    mismatch = mismatch_of(link.error)
    node = case.nodes.get(mismatch.operation_id or link.operation_id or "")
    there = sentence(" at ", case.label(node)) if node else ()
    told = sentence("code no longer matches the recorded history", there, _differences(mismatch))
    yield Found(
        sentence("The ", told, "."),
        because=sentence("the ", told),
        node=node,
        event_ids=(link.event_id,),
        since=case.event_at(link.event_id),
        evidence={
            "differences": [
                {"field": what, "recorded": recorded, "current": current}
                for what, recorded, current in mismatch.differences
            ],
            "error_type": link.error.type,
            "error_message": link.error.message,
        },
        notes=(sentence("The SDK said ", error_words(link.error), "."),),
        chain=case.chain_links,
        next=(case.next(Intent.REPLAY, node),),
    )


def _suspects(case: Case) -> list[CauseLink]:
    """The errors that led to the end; while it is open, that of the last invocation."""
    last = case.last_invocation
    if case.is_open and last is not None and last.error is not None:
        return [CauseLink(last.event_id, "InvocationCompleted", None, last.error)]
    ending = [CauseLink(link.event_id, link.type, None, case.error) for link in case.chain[-1:]]
    return [*case.chain, *ending]


def _differences(mismatch: Mismatch) -> Sentence:
    told: Sentence = ()
    for what, recorded, current in mismatch.differences:
        became = " became " if mismatch.is_recorded_known else " was expected, the code has "
        told = sentence(
            told, ", " if told else ": ", f"{_FIELDS.get(what.lower(), 'identity')} ", Quote(recorded), became
        )
        told = sentence(told, Quote(current))
    return told


_FIELDS = {"type": "type", "name": "name", "subtype": "subtype", "parent_id": "parent"}
