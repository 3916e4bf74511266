"""What openapi-python-client makes of a document: its operations, models and enums, as the templates will print them.

The generator's parser is asked, and not the document, because it is the parser that decides on types and on the names of
enum members; whoever wants to know what the package will look like (the templates, the diff) reads it here.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
from openapi_python_client import strings
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError
from openapi_python_client.parser.properties.enum_property import EnumProperty
from openapi_python_client.parser.properties.model_property import ModelProperty

from codegen.documents import OUR_DOCUMENT, Document
from codegen.errors import SpecError
from codegen.generate import rendering
from codegen.generate.calls import Call, calls_of
from codegen.generate.outcomes import envelope_models
from codegen.generate.views import View, view
from codegen.names import CallName, Names

__all__ = ["ROOT", "Parsed", "parse"]

ROOT = Path(__file__).parent.parent.parent
CONFIG_FILE = ROOT / "generator-config.yaml"


@attrs.frozen
class Parsed:
    """A document as the generator understands it.

    Attributes:
        document: The document, in normal form.
        data: The generator's own result.
        config: The generator's settings.
        views: Every operation, in the order of the document.
        models: The models that the package offers; envelopes of lists, bodies and errors are not among them.
        enums: The enums that the package offers.
    """

    document: Document
    data: GeneratorData
    config: Config
    views: Sequence[View]
    models: Sequence[ModelProperty]
    enums: Sequence[EnumProperty]


def parse(document: Document, names: Names, output: Path) -> Parsed:
    """Have the generator read a document in normal form.

    Args:
        document: The document.
        names: The table of names.
        output: Where the package is going to be; nothing is written yet.

    Raises:
        SpecError: The generator warns of anything, or two things would have one name in Python.
    """
    calls = calls_of(document, names)
    _check_values(document)
    config = Config.from_sources(
        ConfigFile.load_from_path(CONFIG_FILE),
        MetaType.NONE,
        document_source=OUR_DOCUMENT,
        file_encoding="utf-8",
        overwrite=False,
        output_path=output,
    )
    data = _data(_dressed(document, calls), config)
    hidden = envelope_models(document)
    models = [m for m in data.models if m.class_info.name not in hidden and not rendering.is_mapping(m)]
    for model in models:
        _check_fields(model)
    endpoints = {
        str(e.name): e for collection in data.endpoint_collections_by_tag.values() for e in collection.endpoints
    }
    views = [view(document, call, endpoints[_key(place)]) for place, call in enumerate(calls.values())]
    return Parsed(document, data, config, views, models, [e for e in data.enums if isinstance(e, EnumProperty)])


def _data(document: Document, config: Config) -> GeneratorData:
    try:
        data = GeneratorData.from_dict(document, config=config)
    except ValueError as error:
        msg = f"openapi-python-client cannot use the document: {error}"
        raise SpecError(msg) from error
    if isinstance(data, GeneratorError):
        msg = f"{data.header}: {data.detail}"
        raise SpecError(msg)
    problems = [*data.errors, *(e for c in data.endpoint_collections_by_tag.values() for e in c.parse_errors)]
    if problems:
        raise SpecError(
            "\n".join(f"{problem.header} {problem.detail or ''} {problem.data or ''}"[:2000] for problem in problems)
        )
    return data


def _key(place: int) -> str:
    """How the generator's parser is told, and tells, which operation is which; it would respell names such as `list`."""
    return f"operation_{place}"


def _dressed(document: Document, calls: dict[CallName, Call]) -> Document:
    """The document as the generator should see it: our names for its tags and operations, successes only."""
    dressed = copy.deepcopy(document)
    paths: dict[str, dict[str, Any]] = {}
    dressed["paths"] = paths
    for place, call in enumerate(calls.values()):
        operation = copy.deepcopy(document["paths"][call.path][call.method])
        operation["tags"] = [call.name.namespace]
        operation["operationId"] = _key(place)
        operation["responses"] = {s: r for s, r in operation["responses"].items() if s.startswith("2")}
        if call.slug_path:
            operation["parameters"] = [
                *_without_slug(call),
                {"name": "project-slug", "in": "path", "required": True, "schema": {"type": "string"}},
            ]
        paths.setdefault(call.route, {})[call.method] = operation
    for schema in dressed["components"]["schemas"].values():
        if "properties" in schema:
            # What says only which fields go together is for people; the generator would make a union of it.
            schema.pop("anyOf", None)
            schema.pop("oneOf", None)
    return dressed


def _without_slug(call: Call) -> Iterator[Any]:
    return (dict(p) for p in call.parameters if p["in"] != "path" or f"{{{p['name']}}}" in call.route)


def _check_values(document: Document) -> None:
    """Make sure that no two values of an enum have one name; the generator does not name the place, or loses one of them."""
    for name, schema in document["components"]["schemas"].items():
        taken: dict[str, str] = {}
        for value in schema.get("enum", ()):
            member = strings.snake_case(value.upper()).upper()
            if value[:1].isalpha() and taken.setdefault(member, value) != value:
                msg = (
                    f"schema {name}: the values {taken[member]!r} and {value!r} would both be called {member} in Python; "
                    "remove one of them in overlay.yaml"
                )
                raise SpecError(msg)


def _check_fields(model: ModelProperty) -> None:
    taken: dict[str, str] = {}
    for field in rendering.fields_of(model):
        name, key = rendering.attribute(field.name), rendering.plain(field.name)
        if taken.setdefault(name, key) != key:
            msg = f"schema {model.class_info.name}: {taken[name]!r} and {key!r} would both be called {name} in Python"
            raise SpecError(msg)
