"""Methods of two surfaces, compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

import attrs

from codegen.diffing.changes import Change, Grade
from codegen.diffing.grading import changed_facts, grade_of_answer, grade_of_argument
from codegen.diffing.renames import likely_renames
from codegen.diffing.surface import Method, Parameter
from codegen.generate.annotations import is_same

__all__ = ["changed_methods", "moved_operations"]


def moved_operations(old: Mapping[str, Method], new: Mapping[str, Method]) -> dict[str, str]:
    """Old key -> new key of the operations that went from one path and came, under the same operationId, at another.

    An operationId alone identifies nothing, because CircleCI gives it to another operation now and then: it only counts
    where the old path is gone and the new one was not there.
    """
    gone = {method.id: key for key, method in old.items() if key not in new}
    come = {method.id: key for key, method in new.items() if key not in old}
    same_verb = {i for i in gone.keys() & come.keys() if gone[i].split(" ")[0] == come[i].split(" ")[0]}
    return {gone[i]: come[i] for i in sorted(same_verb)}


def changed_methods(old: Mapping[str, Method], new: Mapping[str, Method], enums: AbstractSet[str]) -> Iterator[Change]:
    """What changed about the methods.

    Args:
        old: The methods of the old surface.
        new: The methods of the new one.
        enums: The names that are enums in either.
    """
    moved = moved_operations(old, new)
    for key, method in old.items():
        other = new.get(moved.get(key, key))
        if other is None:
            message = f"is gone ({method.operation})"
            yield _change(method, Grade.BREAKS_CALLERS, "operation-removed", message)
        else:
            yield from _Pair(method, other, enums).changes()
    for key, method in new.items():
        if key not in old and key not in moved.values():
            yield _change(method, Grade.SAFE, "operation-added", f"is new ({method.operation})")


def _change(method: Method, grade: Grade, kind: str, message: str, subject: str | None = None) -> Change:
    return Change(grade=grade, kind=kind, subject=subject or method.name, message=message, operation=method.operation)


@attrs.frozen
class _Pair:
    """One method in the old surface and in the new one."""

    old: Method
    new: Method
    enums: AbstractSet[str]

    def changes(self) -> Iterator[Change]:
        yield from self._identity()
        yield from self._parameters()
        yield from self._unsent()
        yield from self._answer()
        yield from self._refusals()
        if self.old.deprecated != self.new.deprecated:
            yield self._change(
                Grade.SAFE, "deprecation", f"is {'now' if self.new.deprecated else 'no longer'} deprecated"
            )
        if self.old.words != self.new.words:
            yield self._change(Grade.DESCRIPTION_ONLY, "words", "is described in other words")

    def _change(self, grade: Grade, kind: str, message: str, subject: str | None = None) -> Change:
        return _change(self.old, grade, kind, message, subject)

    def _identity(self) -> Iterator[Change]:
        old, new = self.old, self.new
        if old.key != new.key:
            message = f"moved from {old.operation} to {new.operation}"
            yield self._change(Grade.BREAKS_AT_RUN_TIME, "operation-moved", message)
        if old.name != new.name:
            yield self._change(Grade.BREAKS_CALLERS, "method-renamed", f"is called `{new.name}` now")
        if old.id != new.id:
            message = f'is OPERATIONS["{new.id}"] now, was OPERATIONS["{old.id}"]'
            yield self._change(Grade.BREAKS_AT_RUN_TIME, "operation-id", message)

    def _parameters(self) -> Iterator[Change]:
        old, new = self.old.parameters, self.new.parameters
        gone = {name: old[name] for name in old if name not in new}
        come = {name: new[name] for name in new if name not in old}
        renamed = likely_renames(gone, come, lambda one, other: (one.place, one.type) == (other.place, other.type))
        for name in gone:
            hint = f"; perhaps it is `{renamed[name]}` now" if name in renamed else ""
            yield self._change(Grade.BREAKS_CALLERS, "argument-removed", f"loses argument `{name}`{hint}")
        for name, parameter in come.items():
            if parameter.required:
                yield self._change(Grade.BREAKS_CALLERS, "argument-added", f"gains required argument `{name}`")
            else:
                yield self._change(Grade.SAFE, "argument-added", f"gains argument `{name}`")
        for name in old:
            if name in new:
                yield from self._parameter(old[name], new[name])
        kept = [name for name in self.old.positional if name in new]
        if not gone and kept != [name for name in self.new.positional if name in old]:
            message = f"takes {_listed(self.new.positional)} in this order, was {_listed(self.old.positional)}"
            yield self._change(Grade.BREAKS_CALLERS, "argument-order", message)

    def _parameter(self, old: Parameter, new: Parameter) -> Iterator[Change]:
        subject = f"{self.old.name}({old.name})"

        def change(grade: Grade, kind: str, message: str) -> Change:
            return self._change(grade, f"argument-{kind}", message, subject)

        if old.required != new.required:
            yield (
                change(Grade.BREAKS_CALLERS, "required", "has to be given now")
                if new.required
                else change(Grade.SAFE, "optional", "need not be given any more")
            )
        if not is_same(old.type, new.type):
            grade = grade_of_argument(old.type, new.type, self.enums)
            yield change(grade, "type", f"takes `{new.type}`, was `{old.type}`")
        else:
            for grade, kind, message in changed_facts(old.facts, new.facts, sent=True):
                yield change(grade, kind, message)
        if old.nullable != new.nullable:
            yield (
                change(Grade.SAFE, "nullable", "may be null now")
                if new.nullable
                else change(Grade.BREAKS_CALLERS, "nullable", "may no longer be null")
            )
        if (old.place, old.key) != (new.place, new.key):
            message = f"travels as {new.place} {new.key!r}, was {old.place} {old.key!r}"
            yield change(Grade.BREAKS_AT_RUN_TIME, "key", message)
        if old.words != new.words:
            yield change(Grade.DESCRIPTION_ONLY, "words", "is described in other words")

    def _unsent(self) -> Iterator[Change]:
        for name in self.new.unsent:
            if name not in self.old.unsent:
                message = f"requires the {name} now, which the client does not send"
                yield self._change(Grade.BREAKS_AT_RUN_TIME, "unsent-added", message)
        for name in self.old.unsent:
            if name not in self.new.unsent:
                message = f"no longer requires the {name}, which the client does not send"
                yield self._change(Grade.SAFE, "unsent-removed", message)

    def _answer(self) -> Iterator[Change]:
        old, new = self.old, self.new
        if old.is_page != new.is_page:
            message = "is answered page by page now" if new.is_page else "is no longer answered page by page"
            yield self._change(Grade.BREAKS_CALLERS, "answer-pages", message)
        elif not is_same(old.returns, new.returns):
            grade = grade_of_answer(old.returns, new.returns, self.enums)
            message = f"answers `{new.returns}`, was `{old.returns}`"
            yield self._change(grade, "answer-type", message)
        if old.successes != new.successes:
            message = f"succeeds with {_listed(sorted(new.successes))}, was {_listed(sorted(old.successes))}"
            yield self._change(Grade.SAFE, "success-status", message)

    def _refusals(self) -> Iterator[Change]:
        # The client raises the same error for a status, and reads its body, whether or not a document names it.
        old, new = self.old.errors, self.new.errors
        come = [status for status in new if status not in old]
        gone = [status for status in old if status not in new]
        if come or gone:
            parts = [f"names {_listed(come)} among its refusals now"] if come else []
            parts += [f"no longer {'' if come else 'names '}{_listed(gone)}"] if gone else []
            yield self._change(Grade.SAFE, "refusals", ", ".join(parts))
        if other := [status for status in old if status in new and old[status] != new[status]]:
            yield self._change(Grade.SAFE, "refusals-form", f"explains {_listed(other)} in another form")


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
