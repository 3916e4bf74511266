"""Compare the methods of two surfaces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

import attrs

from codegen.diff.changes import Change, Grade
from codegen.diff.grading import changed_constraints, grade_of_argument, grade_of_returned
from codegen.diff.renames import likely_renames, moved_operations
from codegen.diff.surface import Method, Parameter
from codegen.generate.annotations import is_same

__all__ = ["changed_methods"]


def changed_methods(old: Mapping[str, Method], new: Mapping[str, Method], enums: AbstractSet[str]) -> Iterator[Change]:
    """Yield the changes of methods.

    Args:
        old: The methods of the old surface.
        new: The methods of the new one.
        enums: The names of all enums of either.
    """
    moved = moved_operations(old, new)
    for key, method in old.items():
        other = new.get(moved.get(key, key))
        if other is None:
            message = f"is removed ({method.operation})"
            yield _change(method, Grade.BREAKS_CALLERS, "operation-removed", message)
        else:
            yield from _MethodPair(method, other, enums).changes()
    for key, method in new.items():
        if key not in old and key not in moved.values():
            yield _change(method, Grade.SAFE, "operation-added", f"is new ({method.operation})")


def _change(method: Method, grade: Grade, kind: str, message: str, subject: str | None = None) -> Change:
    return Change(grade=grade, kind=kind, subject=subject or method.name, message=message, operation=method.operation)


@attrs.frozen
class _MethodPair:
    """A method in the old surface and in the new one."""

    old: Method
    new: Method
    enums: AbstractSet[str]

    def changes(self) -> Iterator[Change]:
        yield from self._identity()
        yield from self._parameters()
        yield from self._unsent()
        yield from self._service()
        yield from self._media()
        yield from self._response()
        yield from self._errors()
        if self.old.deprecated != self.new.deprecated:
            yield self._change(
                Grade.SAFE, "deprecation", f"is {'now' if self.new.deprecated else 'no longer'} deprecated"
            )
        if self.old.docs != self.new.docs:
            yield self._change(Grade.DESCRIPTION_ONLY, "description", "has another description")

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
        removed = {name: old[name] for name in old if name not in new}
        added = {name: new[name] for name in new if name not in old}
        renamed = likely_renames(
            removed, added, lambda one, other: (one.location, one.type) == (other.location, other.type)
        )
        for name in removed:
            hint = f"; possibly renamed to `{renamed[name]}`" if name in renamed else ""
            yield self._change(Grade.BREAKS_CALLERS, "argument-removed", f"loses argument `{name}`{hint}")
        for name, parameter in added.items():
            if parameter.required:
                yield self._change(Grade.BREAKS_CALLERS, "argument-added", f"gains required argument `{name}`")
            else:
                yield self._change(Grade.SAFE, "argument-added", f"gains argument `{name}`")
        for name in old:
            if name in new:
                yield from self._parameter(old[name], new[name])
        kept = [name for name in self.old.positional if name in new]
        if not removed and kept != [name for name in self.new.positional if name in old]:
            message = f"accepts {_listed(self.new.positional)} in this order, was {_listed(self.old.positional)}"
            yield self._change(Grade.BREAKS_CALLERS, "argument-order", message)

    def _parameter(self, old: Parameter, new: Parameter) -> Iterator[Change]:
        subject = f"{self.old.name}({old.name})"

        def change(grade: Grade, kind: str, message: str) -> Change:
            return self._change(grade, f"argument-{kind}", message, subject)

        if old.required != new.required:
            yield (
                change(Grade.BREAKS_CALLERS, "required", "is required now")
                if new.required
                else change(Grade.SAFE, "optional", "is optional now")
            )
        if not is_same(old.type, new.type):
            grade = grade_of_argument(old.type, new.type, self.enums)
            yield change(grade, "type", f"accepts `{new.type}`, was `{old.type}`")
        else:
            for grade, kind, message in changed_constraints(old.constraints, new.constraints, sent=True):
                yield change(grade, kind, message)
        if old.nullable != new.nullable:
            yield (
                change(Grade.SAFE, "nullable", "may be null now")
                if new.nullable
                else change(Grade.BREAKS_CALLERS, "nullable", "may no longer be null")
            )
        if (old.location, old.key) != (new.location, new.key):
            message = f"is sent as {new.location} {new.key!r}, was {old.location} {old.key!r}"
            yield change(Grade.BREAKS_AT_RUN_TIME, "key", message)
        if old.style != new.style:
            names = [style or "form with a repeated name" for style in (new.style, old.style)]
            yield change(Grade.BREAKS_AT_RUN_TIME, "style", f"is sent in the style {names[0]}, was {names[1]}")
        if old.docs != new.docs:
            yield change(Grade.DESCRIPTION_ONLY, "description", "has another description")

    def _unsent(self) -> Iterator[Change]:
        for name in self.new.unsent:
            if name not in self.old.unsent:
                message = f"requires the {name} now, which the client does not send"
                yield self._change(Grade.BREAKS_AT_RUN_TIME, "unsent-added", message)
        for name in self.old.unsent:
            if name not in self.new.unsent:
                message = f"no longer requires the {name}, which the client does not send"
                yield self._change(Grade.SAFE, "unsent-removed", message)

        for name in self.new.ignored:
            if name not in {*self.old.ignored, *self.old.unsent}:
                message = f"may have the {name} now, which the client does not send"
                yield self._change(Grade.SAFE, "ignored-added", message)
        for name in self.old.ignored:
            if name not in {*self.new.ignored, *self.new.unsent}:
                yield self._change(Grade.SAFE, "ignored-removed", f"no longer has the optional {name}")

    def _service(self) -> Iterator[Change]:
        """Changes of servers and authentication that do not concern all operations."""
        old, new = self.old, self.new
        if old.servers != new.servers:
            here, there = (_listed(sorted(one.servers)) if one.servers else "the common server" for one in (new, old))
            yield self._change(Grade.BREAKS_AT_RUN_TIME, "operation-server", f"is at {here} now, was at {there}")
        if (old.has_own_authentication or new.has_own_authentication) and old.authentication != new.authentication:
            here, there = (" or ".join(sorted(one.authentication)) or "nothing" for one in (new, old))
            is_wider = old.authentication <= new.authentication or not new.authentication
            grade = Grade.SAFE if is_wider or "nothing" in new.authentication else Grade.BREAKS_AT_RUN_TIME
            yield self._change(grade, "operation-security", f"requires authentication by {here} now, was {there}")

    def _media(self) -> Iterator[Change]:
        """Changes of media types and of the encoding of forms, which callers do not see and servers do."""
        old, new = self.old, self.new
        if old.media and new.media and old.media != new.media:
            message = f"sends its body as {new.media} now, was {old.media}"
            yield self._change(Grade.BREAKS_AT_RUN_TIME, "media-type", message)
        for field in sorted({*old.encoding, *new.encoding} if old.media == new.media else ()):
            if old.encoding.get(field) != new.encoding.get(field):
                message = f"encodes the field {field!r} of its form in another way"
                yield self._change(Grade.BREAKS_AT_RUN_TIME, "encoding", message)
        if old.accepts and new.accepts and old.accepts != new.accepts:
            message = f"receives {_listed(sorted(new.accepts))} now, was {_listed(sorted(old.accepts))}"
            yield self._change(Grade.BREAKS_AT_RUN_TIME, "media-type", message)

    def _response(self) -> Iterator[Change]:
        old, new = self.old, self.new
        if old.is_page and new.is_page and old.items != new.items:
            message = f"has the items of a page in {new.items!r} now, was {old.items!r}"
            yield self._change(Grade.BREAKS_AT_RUN_TIME, "items", message)
        if old.is_page != new.is_page:
            message = "is paginated now" if new.is_page else "is no longer paginated"
            yield self._change(Grade.BREAKS_CALLERS, "response-pages", message)
        elif not is_same(old.returns, new.returns):
            grade = grade_of_returned(old.returns, new.returns, self.enums)
            message = f"returns `{new.returns}`, was `{old.returns}`"
            yield self._change(grade, "response-type", message)
        if old.successes != new.successes:
            message = f"succeeds with {_listed(sorted(new.successes))}, was {_listed(sorted(old.successes))}"
            yield self._change(Grade.SAFE, "success-status", message)

    def _errors(self) -> Iterator[Change]:
        # The client raises the same error for a status, and reads its body, whether or not the document lists it.
        old, new = self.old.errors, self.new.errors
        added = [status for status in new if status not in old]
        removed = [status for status in old if status not in new]
        if added or removed:
            parts = [f"lists the errors {_listed(added)} now"] if added else []
            parts += [f"no longer {'' if added else 'lists the errors '}{_listed(removed)}"] if removed else []
            yield self._change(Grade.SAFE, "error-statuses", ", ".join(parts))
        if other := [status for status in old if status in new and old[status] != new[status]]:
            yield self._change(Grade.SAFE, "error-body", f"has another error body for {_listed(other)}")


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
