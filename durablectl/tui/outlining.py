"""What a reader sees of an execution's operations: which rows are folded, and whether only failures are shown."""

from __future__ import annotations

from dataclasses import dataclass, field

from durablectl.views.outline import Folding, Outline, OutlineRow, outline_rows


@dataclass(slots=True)
class Outlining:
    """One reader's way through an outline, which tree and timeline share."""

    outline: Outline | None = None
    is_raw: bool = False
    only_failures: bool = False
    foldings: dict[bool, Folding] = field(default_factory=lambda: {False: Folding(), True: Folding()})
    """By whether every operation has a row of its own."""
    selected: str | None = None
    """The operation that was last gone to or highlighted, wherever that was."""
    _failure: int = -1

    def take(self, outline: Outline, height: int) -> None:
        """Go on with the outline of another look."""
        self.outline = outline
        self.folding.decide(outline, height)

    @property
    def folding(self) -> Folding:
        """What is folded."""
        return self.foldings[self.outline.is_raw if self.outline else self.is_raw]

    def rows(self) -> list[OutlineRow]:
        """The rows to show."""
        if self.outline is None:
            return []
        folded = {} if self.only_failures else self.folding.folded
        return outline_rows(self.outline, folded, only_failures=self.only_failures)

    def select(self, operation_id: str | None) -> str | None:
        """The row that shows an operation, made visible."""
        key = self.outline.keys_by_operation.get(operation_id or "") if self.outline else None
        if key is not None and self.outline is not None:
            # Not left to the highlight that follows: a key may change the view before it is told.
            self.selected = operation_id
            self.folding.reveal(self.outline, key)
        return key

    # --- what keys ask for: each gives the row to go to ---------------------------------------------------------------

    def toggle(self, row: OutlineRow) -> str | None:
        """Fold or unfold a row; one with nothing below it folds what it belongs to."""
        key = row.key if row.is_foldable else self._above(row)
        if key is not None:
            self.folding.toggle(key)
        return key

    def fold(self, row: OutlineRow) -> str | None:
        """Fold a row, or go to the one above it."""
        if row.is_foldable and not row.is_folded:
            self.folding.folded[row.key] = True
            return row.key
        return self._above(row)

    def unfold(self, row: OutlineRow, rows: list[OutlineRow]) -> str | None:
        """Unfold a row, or go to the first one below it."""
        if not row.is_foldable:
            return None
        if row.is_folded:
            self.folding.folded[row.key] = False
            return row.key
        number = next((number for number, each in enumerate(rows) if each.key == row.key), len(rows))
        return rows[number + 1].key if number + 1 < len(rows) else None

    def fold_all(self) -> None:
        """Fold all that is done; if that is folded already, unfold everything."""
        if self.outline is None:
            return
        shown = [self.folding.folded.get(key, False) for key, is_done in self.outline.foldable.items() if is_done]
        self.folding.fold_all(self.outline, is_folded=not all(shown))

    def next_failure(self) -> str | None:
        """The next row whose own operation failed, the cause first."""
        failures = self.outline.failures() if self.outline else []
        if not failures or self.outline is None:
            return None
        self._failure = (self._failure + 1) % len(failures)
        key = failures[self._failure]
        self.folding.reveal(self.outline, key)
        return key

    def _above(self, row: OutlineRow) -> str | None:
        return self.outline.parents.get(row.key) if self.outline else None
