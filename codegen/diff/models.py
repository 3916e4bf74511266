"""Compare the models and enums of two surfaces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet

import attrs

from codegen.diff.changes import Change, Grade, worst
from codegen.diff.grading import changed_constraints, grade_of_argument, grade_of_returned
from codegen.diff.renames import likely_renames
from codegen.diff.surface import Enum, Field, Model
from codegen.generate.annotations import is_same

__all__ = ["changed_enums", "changed_models"]


def changed_models(old: Mapping[str, Model], new: Mapping[str, Model], enums: AbstractSet[str]) -> Iterator[Change]:
    """Yield the changes of models; `enums` are the names of all enums of either surface."""
    removed = {name: old[name] for name in old if name not in new}
    added = {name: new[name] for name in new if name not in old}
    renamed = likely_renames(removed, added, lambda one, other: set(one.fields) == set(other.fields))
    for name, model in removed.items():
        hint = f"; possibly renamed to `{renamed[name]}`" if name in renamed else ""
        yield _change(model, Grade.BREAKS_CALLERS, "model-removed", f"is removed{hint}")
    for model in added.values():
        yield _change(model, Grade.SAFE, "model-added", "is a new model")
    for name in old:
        if name in new:
            yield from _ModelPair(old[name], new[name], enums).changes()


def changed_enums(old: Mapping[str, Enum], new: Mapping[str, Enum]) -> Iterator[Change]:
    """Yield the changes of enums."""
    for name, enum in old.items():
        if name not in new:
            yield _change(enum, Grade.BREAKS_CALLERS, "enum-removed", "is removed")
        else:
            yield from _enum_changes(enum, new[name])
    for name, enum in new.items():
        if name not in old:
            yield _change(enum, Grade.SAFE, "enum-added", "is a new enum")


def _enum_changes(old: Enum, new: Enum) -> Iterator[Change]:
    for member, value in old.values.items():
        subject = f"{old.name}.{member}"
        if member not in new.values:
            yield _change(old, Grade.BREAKS_CALLERS, "value-removed", f"is removed ({value!r})", subject)
        elif new.values[member] != value:
            message = f"has the value {new.values[member]!r}, was {value!r}"
            yield _change(old, Grade.BREAKS_AT_RUN_TIME, "value-respelled", message, subject)
    for member, value in new.values.items():
        if member not in old.values:
            # Enums are open: before, code received the value as a plain string.
            yield _change(new, Grade.SAFE, "value-added", f"is new ({value!r})", f"{old.name}.{member}")
    if old.docs != new.docs:
        yield _change(old, Grade.DESCRIPTION_ONLY, "description", "has another description")


def _change(schema: Model | Enum, grade: Grade, kind: str, message: str, subject: str | None = None) -> Change:
    return Change(grade=grade, kind=kind, subject=subject or schema.name, message=message, used_by=schema.used_by)


@attrs.frozen
class _ModelPair:
    """A model in the old surface and in the new one."""

    old: Model
    new: Model
    enums: AbstractSet[str]

    def changes(self) -> Iterator[Change]:
        old, new = self.old.fields, self.new.fields
        removed = {name: old[name] for name in old if name not in new}
        added = {name: new[name] for name in new if name not in old}
        renamed = likely_renames(removed, added, lambda one, other: one.type == other.type)
        for name in removed:
            hint = f"; possibly renamed to `{renamed[name]}`" if name in renamed else ""
            yield self._change(name, Grade.BREAKS_CALLERS, "removed", f"is removed{hint}")
        for name, field in added.items():
            if self.old.sent and field.required:
                yield self._change(name, Grade.BREAKS_CALLERS, "added", "is new and required")
            else:
                yield self._change(name, Grade.SAFE, "added", "is new")
        for name in old:
            if name in new:
                yield from self._field(old[name], new[name])
        yield from self._tags()
        if self.old.docs != self.new.docs:
            yield _change(self.old, Grade.DESCRIPTION_ONLY, "description", "has another description")

    def _tags(self) -> Iterator[Change]:
        """Changes of the values by which responses are recognized as this model."""
        old, new = ({(key, value) for key in model.tags for value in model.tags[key]} for model in (self.old, self.new))
        for key, value in sorted(old - new):
            yield self._change(
                key, Grade.BREAKS_AT_RUN_TIME, "tag", f"no longer stands for this model if it is {value!r}"
            )
        for key, value in sorted(new - old):
            yield self._change(key, Grade.SAFE, "tag", f"stands for this model now if it is {value!r}")

    def _change(self, field: str, grade: Grade, kind: str, message: str) -> Change:
        return _change(self.old, grade, f"field-{kind}", message, f"{self.old.name}.{field}")

    def _graded(self, *, sent: Grade, received: Grade) -> Grade:
        """Grade a change that affects callers who send the model and callers who receive it differently."""
        return worst(
            *([sent] if self.old.sent else ()), *([received] if self.old.received or not self.old.sent else ())
        )

    def _field(self, old: Field, new: Field) -> Iterator[Change]:
        if not is_same(old.type, new.type):
            grade = self._graded(
                sent=grade_of_argument(old.type, new.type, self.enums),
                received=grade_of_returned(old.type, new.type, self.enums),
            )
            yield self._change(old.name, grade, "type", f"is `{new.type}`, was `{old.type}`")
        else:
            for grade, kind, message in changed_constraints(old.constraints, new.constraints, sent=bool(self.old.sent)):
                yield self._change(old.name, grade, kind, message)
        if (old.required, old.nullable) != (new.required, new.nullable):
            yield self._presence(old, new)
        if old.key != new.key:
            respelled = old.key.replace("-", "_") == new.key.replace("-", "_")
            # Decoding accepts either spelling, with dashes or underscores; encoding uses the documented one.
            received = Grade.SAFE if respelled else Grade.BREAKS_AT_RUN_TIME
            grade = self._graded(sent=Grade.BREAKS_AT_RUN_TIME, received=received)
            yield self._change(old.name, grade, "key", f"has the JSON key {new.key!r}, was {old.key!r}")
        if old.docs != new.docs:
            yield self._change(old.name, Grade.DESCRIPTION_ONLY, "description", "has another description")

    def _presence(self, old: Field, new: Field) -> Change:
        newly_needed = (new.required and not old.required) or (old.nullable and not new.nullable)
        could_be_none, can_be_none = (field.nullable or not field.required for field in (old, new))
        grade = self._graded(
            sent=Grade.BREAKS_CALLERS if newly_needed else Grade.SAFE,
            received=Grade.BREAKS_AT_RUN_TIME if can_be_none and not could_be_none else Grade.SAFE,
        )
        return self._change(old.name, grade, "presence", f"is {_presence(new)}, was {_presence(old)}")


def _presence(field: Field) -> str:
    """Describe whether a field may be absent or null, for fields that are sent and fields that are received."""
    kind = "required" if field.required else "optional"
    return f"{kind} and may be null" if field.nullable else kind
