"""Model: the base of every generated model."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from circleci_v2._wire.decoding import decode_silently
from circleci_v2._wire.encoding import encode_json
from circleci_v2._wire.json import copy_json, is_array, is_object
from circleci_v2._wire.layouts import Layout, datetime_text
from circleci_v2._wire.types import UNSET, WireField, known_keys, wire_fields

__all__ = ["Model"]


class Model:
    """An object that CircleCI sends or receives.

    `to_dict` returns exactly what was received: unknown fields, absent fields as absent, the order of keys, times in their own
    notation. For that, a model keeps the JSON object it was decoded from, unless the object is as the API's document
    describes it: then its values and its `Layout` suffice, and the model takes less memory than the object. Fields can be
    set; `to_dict` then returns the new values.
    """

    # Slots and not attrs fields, so that `attrs.fields` and `attrs.asdict` show the fields of the API only. For the same
    # reason every model sets `getstate_setstate=False`: attrs would pickle its own fields only.
    __slots__ = ("_additional", "_received")

    __module__ = "circleci_v2.models"

    # Key -> the values of that field by which the model is recognized among the variants of a union. Without an annotation,
    # which would be one of a field of every model.
    _tags = dict[str, tuple[str, ...]]()  # noqa: RUF012

    _additional: dict[str, Any]
    # A kept object (dict), a Layout, or None if the model was made by hand. Annotations are evaluated in `circleci_v2.models`,
    # which has no Layout.
    _received: Any

    def __attrs_pre_init__(self) -> None:
        self._received = None

    @classmethod
    def _from_received(cls, arguments: Mapping[str, Any], received: dict[str, Any]) -> Self:
        """A model with decoded `arguments` that remembers the JSON object it came from; for the decoder."""
        model = cls(**arguments)
        model._received = received
        return model

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Decode a JSON object, for example one that was stored with `to_dict`.

        Deviations from the API's description are accepted, as they are in responses, but not reported.

        Args:
            data: The object, as `json.loads` returns it.
        """
        kind: Any = cls
        model: Self = decode_silently(kind, dict(data))
        return model

    @property
    def additional_properties(self) -> dict[str, Any]:
        """Fields that are not in the API's document, as JSON. Entries may be added; they are sent, too."""
        try:
            return self._additional
        except AttributeError:
            # Set on first use, because most models are decoded, and never asked for it.
            received = self._received
            unread: dict[str, Any] = received if is_object(received) else {}
            self._additional = {key: value for key, value in unread.items() if key not in self._read_keys()}
            return self._additional

    def to_dict(self) -> dict[str, Any]:
        """The model as a JSON object, with the keys that were received or, if it was made by hand, the published ones."""
        kind: Any = type(self)
        received = self._received
        extra = copy_json(self.additional_properties)
        # Received keys keep their order, because people compare such dictionaries as text.
        if isinstance(received, Layout):
            result = {field.key: self._restored(field, received) for field in received.fields}
            written = {field.attribute for field in received.fields}
        else:
            result = self._merged(received or {}, extra)
            written = {field.attribute for field in self._read_keys().values()}
        for field in wire_fields(kind):
            value = getattr(self, field.attribute)
            if field.attribute not in written and self._is_given(value, field):
                result[field.key] = encode_json(value)
        return {**result, **extra}

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> dict[str, Any]:
        # pydantic's schemas are plain dicts, so models work as its fields, and as responses of FastAPI, without an import.
        decoded = {"type": "no-info", "function": cls.from_dict}
        from_json = {"type": "function-after", "function": decoded, "schema": {"type": "dict"}}
        written = {"type": "function-plain", "function": cls.to_dict, "return_schema": {"type": "dict"}}
        return {"type": "union", "choices": [{"type": "is-instance", "cls": cls}, from_json], "serialization": written}

    def _restored(self, field: WireField, layout: Layout) -> Any:
        value = getattr(self, field.attribute)
        text = datetime_text(value, layout.notation) if isinstance(value, datetime) else None
        return encode_json(value) if text is None else text

    def _merged(self, received: dict[str, Any], extra: dict[str, Any]) -> dict[str, Any]:
        """The received object with the values of fields that were set since; takes unknown fields out of `extra`."""
        read = self._read_keys()
        return {
            key: _unless_changed(getattr(self, read[key].attribute), value, read[key])
            if key in read
            else extra.pop(key)
            for key, value in received.items()
            if key in read or key in extra
        }

    def _read_keys(self) -> dict[str, WireField]:
        """The keys of a kept object that were read into a field; of two spellings, the published one was read."""
        kind: Any = type(self)
        received = self._received
        if not is_object(received):
            return {}
        known = known_keys(kind)
        return {
            key: known[key]
            for key in received
            if key in known and (key == known[key].key or known[key].key not in received)
        }

    def _is_given(self, value: Any, field: WireField) -> bool:
        """Whether to write a field that was not received: always if it has a value; None only if required and made by hand."""
        return value is not UNSET and (value is not None or (field.required and self._received is None))


def _unless_changed(value: Any, received: Any, field: WireField) -> Any:
    """The JSON received for a field, unless the field was set to another value since."""
    if isinstance(value, Model) and isinstance(received, dict):
        return value.to_dict()
    if is_array(value) and is_array(received) and len(value) == len(received):
        pairs = zip(value, received, strict=True)
        if all(isinstance(item, Model) and isinstance(raw, dict) for item, raw in pairs):
            return [item.to_dict() for item in value]
    return copy_json(received) if decode_silently(field.type, received) == value else encode_json(value)
