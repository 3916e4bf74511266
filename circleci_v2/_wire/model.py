"""Model: the base of every generated model."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import attrs

from circleci_v2._wire.decoding import decode_silently
from circleci_v2._wire.encoding import encode_json
from circleci_v2._wire.fields import WireField, known_keys, wire_fields
from circleci_v2._wire.json import is_array
from circleci_v2._wire.types import UNSET

__all__ = ["Model"]


@attrs.define(kw_only=True, weakref_slot=False)
class Model:
    """Something that CircleCI answers with or is sent.

    A model keeps the JSON object it was decoded from, so that `to_dict` gives back exactly what came in: fields that no
    one knows yet, absent fields as absent, times in their own notation. Fields can be set; `to_dict` then gives the new values.
    """

    models_module: ClassVar[str] = "circleci_v2._generated.models"
    """Where the names in the annotations of a model are looked up, when they are needed and not before."""

    _received: dict[str, Any] | None = attrs.field(default=None, init=False, repr=False, eq=False)
    _additional: dict[str, Any] | None = attrs.field(default=None, init=False, repr=False, eq=False)

    @classmethod
    def from_received(cls, arguments: Mapping[str, Any], received: dict[str, Any]) -> Self:
        """A model with decoded `arguments` that remembers the JSON object it came from; for the decoder."""
        model = cls(**arguments)
        model._received = received
        return model

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Decode a JSON object, for example one that was stored with `to_dict`.

        Deviations from the API's description are tolerated without a word, as they are in answers.

        Args:
            data: The object, as `json.loads` gives it.
        """
        model: Self = decode_silently(cls, dict(data))
        return model

    @property
    def additional_properties(self) -> dict[str, Any]:
        """Fields that the description of the API does not know, as JSON. Entries may be added; they are sent along."""
        if self._additional is None:
            read = self._read_keys()
            self._additional = {key: value for key, value in (self._received or {}).items() if key not in read}
        return self._additional

    def to_dict(self) -> dict[str, Any]:
        """The model as a JSON object, with the keys that CircleCI publishes or, for an answer, those that it sent."""
        received = self._received or {}
        read = self._read_keys()
        extra = copy.deepcopy(self.additional_properties)
        # What came in keeps its order, because people compare such dictionaries as text.
        result = {
            key: _unless_changed(getattr(self, read[key].attribute), value, read[key])
            if key in read
            else extra.pop(key)
            for key, value in received.items()
            if key in read or key in extra
        }
        written = {field.attribute for field in read.values()}
        for field in wire_fields(type(self)):
            value = getattr(self, field.attribute)
            if field.attribute not in written and self._is_given(value, field):
                result[field.key] = encode_json(value)
        return {**result, **extra}

    def _read_keys(self) -> dict[str, WireField]:
        """The keys that were received for a field; of two spellings, the published one was read."""
        received = self._received or {}
        known = known_keys(type(self))
        return {
            key: known[key]
            for key in received
            if key in known and (key == known[key].key or known[key].key not in received)
        }

    def _is_given(self, value: Any, field: WireField) -> bool:
        """Whether a field that was not received is to be written: of a model made by hand, what is required is."""
        return value is not UNSET and (value is not None or (field.required and self._received is None))


def _unless_changed(value: Any, received: Any, field: WireField) -> Any:
    """What was received for a field, unless the field has another value by now."""
    if isinstance(value, Model) and isinstance(received, dict):
        return value.to_dict()
    if is_array(value) and is_array(received) and len(value) == len(received):
        pairs = zip(value, received, strict=True)
        if all(isinstance(item, Model) and isinstance(raw, dict) for item, raw in pairs):
            return [item.to_dict() for item in value]
    return copy.deepcopy(received) if decode_silently(field.type, received) == value else encode_json(value)
