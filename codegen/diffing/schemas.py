"""Models and enums of two surfaces, compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet

import attrs

from codegen.diffing.changes import Change, Grade, worst
from codegen.diffing.grading import changed_facts, grade_of_answer, grade_of_argument
from codegen.diffing.renames import likely_renames
from codegen.diffing.surface import Enum, Field, Model
from codegen.generate.annotations import is_same

__all__ = ["changed_enums", "changed_models"]


def changed_models(old: Mapping[str, Model], new: Mapping[str, Model], enums: AbstractSet[str]) -> Iterator[Change]:
    """What changed about the models; `enums` are the names that are enums in either surface."""
    gone = {name: old[name] for name in old if name not in new}
    come = {name: new[name] for name in new if name not in old}
    renamed = likely_renames(gone, come, lambda one, other: set(one.fields) == set(other.fields))
    for name, model in gone.items():
        hint = f"; perhaps it is `{renamed[name]}` now" if name in renamed else ""
        yield _change(model, Grade.BREAKS_CALLERS, "model-removed", f"is gone{hint}")
    for model in come.values():
        yield _change(model, Grade.SAFE, "model-added", "is a new model")
    for name in old:
        if name in new:
            yield from _Pair(old[name], new[name], enums).changes()


def changed_enums(old: Mapping[str, Enum], new: Mapping[str, Enum]) -> Iterator[Change]:
    """What changed about the enums."""
    for name, enum in old.items():
        if name not in new:
            yield _change(enum, Grade.BREAKS_CALLERS, "enum-removed", "is gone")
        else:
            yield from _enum_changes(enum, new[name])
    for name, enum in new.items():
        if name not in old:
            yield _change(enum, Grade.SAFE, "enum-added", "is a new enum")


def _enum_changes(old: Enum, new: Enum) -> Iterator[Change]:
    for member, value in old.values.items():
        subject = f"{old.name}.{member}"
        if member not in new.values:
            yield _change(old, Grade.BREAKS_CALLERS, "value-removed", f"is gone ({value!r})", subject)
        elif new.values[member] != value:
            message = f"stands for {new.values[member]!r}, was {value!r}"
            yield _change(old, Grade.BREAKS_AT_RUN_TIME, "value-respelled", message, subject)
    for member, value in new.values.items():
        if member not in old.values:
            # Enums are open: code that met the value before met it as a string that is not published.
            yield _change(new, Grade.SAFE, "value-added", f"is new ({value!r})", f"{old.name}.{member}")
    if old.words != new.words:
        yield _change(old, Grade.DESCRIPTION_ONLY, "words", "is described in other words")


def _change(schema: Model | Enum, grade: Grade, kind: str, message: str, subject: str | None = None) -> Change:
    return Change(grade=grade, kind=kind, subject=subject or schema.name, message=message, used_by=schema.used_by)


@attrs.frozen
class _Pair:
    """One model in the old surface and in the new one."""

    old: Model
    new: Model
    enums: AbstractSet[str]

    def changes(self) -> Iterator[Change]:
        old, new = self.old.fields, self.new.fields
        gone = {name: old[name] for name in old if name not in new}
        come = {name: new[name] for name in new if name not in old}
        renamed = likely_renames(gone, come, lambda one, other: one.type == other.type)
        for name in gone:
            hint = f"; perhaps it is `{renamed[name]}` now" if name in renamed else ""
            yield self._change(name, Grade.BREAKS_CALLERS, "removed", f"is gone{hint}")
        for name, field in come.items():
            if self.old.sent and field.required:
                yield self._change(name, Grade.BREAKS_CALLERS, "added", "is new and has to be given")
            else:
                yield self._change(name, Grade.SAFE, "added", "is new")
        for name in old:
            if name in new:
                yield from self._field(old[name], new[name])
        if self.old.words != self.new.words:
            yield _change(self.old, Grade.DESCRIPTION_ONLY, "words", "is described in other words")

    def _change(self, field: str, grade: Grade, kind: str, message: str) -> Change:
        return _change(self.old, grade, f"field-{kind}", message, f"{self.old.name}.{field}")

    def _graded(self, *, sent: Grade, received: Grade) -> Grade:
        """The grade of a change that matters otherwise where callers give the model and where they are answered it."""
        return worst(
            *([sent] if self.old.sent else ()), *([received] if self.old.received or not self.old.sent else ())
        )

    def _field(self, old: Field, new: Field) -> Iterator[Change]:
        if not is_same(old.type, new.type):
            grade = self._graded(
                sent=grade_of_argument(old.type, new.type, self.enums),
                received=grade_of_answer(old.type, new.type, self.enums),
            )
            yield self._change(old.name, grade, "type", f"is `{new.type}`, was `{old.type}`")
        else:
            for grade, kind, message in changed_facts(old.facts, new.facts, sent=bool(self.old.sent)):
                yield self._change(old.name, grade, kind, message)
        if (old.required, old.nullable) != (new.required, new.nullable):
            yield self._presence(old, new)
        if old.key != new.key:
            respelled = old.key.replace("-", "_") == new.key.replace("-", "_")
            # Decoding takes either spelling; what is sent has one.
            received = Grade.SAFE if respelled else Grade.BREAKS_AT_RUN_TIME
            grade = self._graded(sent=Grade.BREAKS_AT_RUN_TIME, received=received)
            yield self._change(old.name, grade, "key", f"travels as {new.key!r}, was {old.key!r}")
        if old.words != new.words:
            yield self._change(old.name, Grade.DESCRIPTION_ONLY, "words", "is described in other words")

    def _presence(self, old: Field, new: Field) -> Change:
        must_be_given = (new.required and not old.required) or (old.nullable and not new.nullable)
        could_be_none, can_be_none = (field.nullable or not field.required for field in (old, new))
        grade = self._graded(
            sent=Grade.BREAKS_CALLERS if must_be_given else Grade.SAFE,
            received=Grade.BREAKS_AT_RUN_TIME if can_be_none and not could_be_none else Grade.SAFE,
        )
        return self._change(old.name, grade, "presence", f"is {_presence(new)}, was {_presence(old)}")


def _presence(field: Field) -> str:
    """How sure a field is to be there: in words that hold for what is sent and for what is answered."""
    kind = "required" if field.required else "optional"
    return f"{kind} and may be null" if field.nullable else kind
