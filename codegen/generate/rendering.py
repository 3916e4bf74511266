"""Jinja filters for the templates: types, names and texts of the generator's properties."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from typing import Any

from openapi_python_client import strings
from openapi_python_client.parser.properties.any import AnyProperty
from openapi_python_client.parser.properties.boolean import BooleanProperty
from openapi_python_client.parser.properties.date import DateProperty
from openapi_python_client.parser.properties.datetime import DateTimeProperty
from openapi_python_client.parser.properties.enum_property import EnumProperty
from openapi_python_client.parser.properties.file import FileProperty
from openapi_python_client.parser.properties.float import FloatProperty
from openapi_python_client.parser.properties.int import IntProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.model_property import ModelProperty
from openapi_python_client.parser.properties.none import NoneProperty
from openapi_python_client.parser.properties.string import StringProperty
from openapi_python_client.parser.properties.union import UnionProperty
from openapi_python_client.parser.properties.uuid import UuidProperty
from openapi_python_client.schema.untrusted_string import UntrustedString

from codegen.errors import SpecError
from codegen.generate.annotations import arms
from codegen.names import identifier

__all__ = [
    "annotation",
    "argument_annotation",
    "attribute",
    "docstring",
    "fields_of",
    "is_mapping",
    "is_nullable",
    "literal",
    "model_names",
    "plain",
    "sentences",
]

_PLAIN_TYPES: dict[type[Any], str] = {
    StringProperty: "str",
    IntProperty: "int",
    FloatProperty: "float",
    BooleanProperty: "bool",
    DateTimeProperty: "datetime",
    DateProperty: "date",
    UuidProperty: "UUID",
    AnyProperty: "Any",
    NoneProperty: "None",
}
_DOCSTRING_WIDTH = 112
_UNESCAPED_LAST_QUOTE = re.compile(r'(?<!\\)((?:\\\\)*)"\Z')

_TAKEN_IN_MODELS = frozenset(
    {
        *("additional_properties", "from_dict", "to_dict"),  # members of every model
        *(
            "bool",
            "date",
            "datetime",
            "dict",
            "field",
            "float",
            "int",
            "list",
            "self",
            "str",
        ),  # used in its declaration
    }
)


def plain(text: Any) -> str:
    """Text from the document as a plain string; the caller must escape it or reduce it to an identifier."""
    if text is None:
        return ""
    return text.get_untrusted_value() if isinstance(text, UntrustedString) else str(text)


def attribute(name: Any) -> str:
    """The Python name of a field: snake_case, and different from all other names in the class of a model."""
    return identifier(plain(name), prefix="field_", taken=_TAKEN_IN_MODELS)


def literal(text: Any) -> str:
    """A Python string literal, with all text escaped."""
    return f'"{strings.in_double_quote_literal(plain(text))}"'


def docstring(text: Any, indent: int = 0, *, hanging: bool = False) -> str:
    """Text of the document inside a docstring: escaped, wrapped and indented.

    Args:
        text: The text.
        indent: Spaces before every line but the first.
        hanging: Whether the text follows a name on its first line.
    """
    paragraphs = [
        textwrap.fill(" ".join(part.split()), _DOCSTRING_WIDTH - indent, break_long_words=False, break_on_hyphens=False)
        for part in re.split(r"\n\s*\n", plain(text).strip())
    ]
    safe = strings.safe_for_docstring("\n\n".join(paragraphs))
    safe = _UNESCAPED_LAST_QUOTE.sub(r"\1\"", safe)
    margin = " " * (indent + (4 if hanging else 0))
    lines = safe.splitlines()
    return "\n".join([line if i == 0 else f"{margin}{line}".rstrip() for i, line in enumerate(lines)])


def sentences(text: Any, indent: int = 0) -> str:
    """Text as a complete docstring: the first sentence, then the rest as another paragraph."""
    first, _, rest = plain(text).strip().partition(". ")
    return docstring(f"{first}.\n\n{rest}" if rest else plain(text), indent)


def is_mapping(prop: Any) -> bool:
    """Whether a property is an object without fields of its own: a dict in Python."""
    # The schema is read, because the parser fills in the properties of a reference only later.
    return isinstance(prop, ModelProperty) and not prop.data.properties


def fields_of(prop: Any) -> list[Any]:
    """The fields of an object, the required ones first.

    Raises:
        SpecError: The property is not an object with fields, so it cannot become the arguments of a method.
    """
    if not isinstance(prop, ModelProperty):
        msg = f"{plain(prop.name)}: expected an object with fields, found {type(prop).__name__}"
        raise SpecError(msg)
    return [*(prop.required_properties or ()), *(prop.optional_properties or ())]


def is_nullable(prop: Any) -> bool:
    """Whether a property may be null."""
    return isinstance(prop, UnionProperty) and any(isinstance(arm, NoneProperty) for arm in prop.inner_properties)


def annotation(prop: Any) -> str:
    """The type of a field of a model."""
    if isinstance(prop, ListProperty):
        return f"list[{annotation(prop.inner_property)}]"
    if isinstance(prop, UnionProperty):
        return _joined(annotation(arm) for arm in prop.inner_properties)
    if is_mapping(prop):
        return f"dict[str, {_mapping_value(prop, annotation)}]"
    if isinstance(prop, DateProperty):
        # No response contains a date without a time so far; until one does, a model declares a date as text.
        return "str"
    return _plain_annotation(prop)


def argument_annotation(prop: Any) -> str:
    """The type of an argument: wider than that of a field, because callers often have ids and values as text.

    Of an enum, the published values are accepted as text, so that a type checker finds a misspelt one.
    """
    if isinstance(prop, ListProperty):
        return f"Sequence[{argument_annotation(prop.inner_property)}]"
    if isinstance(prop, UnionProperty):
        return _joined(argument_annotation(arm) for arm in prop.inner_properties)
    if is_mapping(prop):
        return f"Mapping[str, {_mapping_value(prop, argument_annotation)}]"
    if isinstance(prop, ModelProperty):
        return f"{prop.class_info.name} | Mapping[str, Any]"
    if isinstance(prop, FileProperty):
        return "FileContent"
    if isinstance(prop, EnumProperty):
        # A value that is published later can be passed as a member: `ReportingWindow("last-180-days")`.
        return f"{_plain_annotation(prop)} | Literal[{', '.join(literal(value) for value in prop.values.values())}]"
    if isinstance(prop, UuidProperty | DateProperty):
        return f"{_plain_annotation(prop)} | str"
    return _plain_annotation(prop)


def model_names(prop: Any) -> Iterator[str]:
    """The models and enums in the type of a property."""
    if isinstance(prop, ListProperty):
        yield from model_names(prop.inner_property)
    elif isinstance(prop, UnionProperty):
        for arm in prop.inner_properties:
            yield from model_names(arm)
    elif is_mapping(prop):
        yield from model_names(prop.additional_properties)
    elif isinstance(prop, ModelProperty | EnumProperty):
        yield str(prop.class_info.name)


def _mapping_value(prop: Any, inner: Any) -> str:
    value = prop.additional_properties
    return str(inner(value)) if value is not None else "Any"


def _plain_annotation(prop: Any) -> str:
    if isinstance(prop, ModelProperty | EnumProperty):
        return str(prop.class_info.name)
    kind = _PLAIN_TYPES.get(prop.__class__)
    if kind is None:
        msg = f"{plain(prop.name)}: there is no Python type for {type(prop).__name__}"
        raise SpecError(msg)
    return kind


def _joined(union_of: Iterator[str]) -> str:
    distinct = list(dict.fromkeys(part for arm in union_of for part in arms(arm)))
    if "str" in distinct:
        distinct = [arm for arm in distinct if not arm.startswith("Literal[")]
    return " | ".join(sorted(distinct, key=lambda arm: (arm == "None", arm.startswith("Mapping["))))
