"""A document as parsed by openapi-python-client: its operations, models and enums, ready for the templates.

The parser decides on types and on the names of enum members. Therefore everything that depends on the generated package
(the templates, the diff) reads the result of the parser instead of the document.
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
    """The result of the generator's parser for a document.

    Attributes:
        document: The document, in normal form.
        data: The parser's own result.
        config: The settings of the generator.
        views: Every operation, in the order of the document.
        models: The models of the package; envelopes of lists, request bodies and errors are not among them.
        enums: The enums of the package.
    """

    document: Document
    data: GeneratorData
    config: Config
    views: Sequence[View]
    models: Sequence[ModelProperty]
    enums: Sequence[EnumProperty]


def parse(document: Document, names: Names, output: Path) -> Parsed:
    """Parse a document in normal form.

    Args:
        document: The document.
        names: The table of names.
        output: The folder of the package to be generated; nothing is written yet.

    Raises:
        SpecError: The parser has a warning, or two names of the document would be the same name in Python.
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
    data = _data(_prepared(document, calls), config)
    hidden = envelope_models(document)
    models = [m for m in data.models if m.class_info.name not in hidden and not rendering.is_mapping(m)]
    for model in models:
        _check_fields(model)
    endpoints = {
        str(e.name): e for collection in data.endpoint_collections_by_tag.values() for e in collection.endpoints
    }
    views = [view(document, call, endpoints[_key(index)]) for index, call in enumerate(calls.values())]
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


def _key(index: int) -> str:
    """The operationId for the parser, which identifies the operation afterwards; it would respell names such as `list`."""
    return f"operation_{index}"


def _prepared(document: Document, calls: dict[CallName, Call]) -> Document:
    """The document for the parser: with our names for tags and operations, and without error responses."""
    prepared = copy.deepcopy(document)
    paths: dict[str, dict[str, Any]] = {}
    prepared["paths"] = paths
    for index, call in enumerate(calls.values()):
        operation = copy.deepcopy(document["paths"][call.path][call.method])
        operation["tags"] = [call.name.namespace]
        operation["operationId"] = _key(index)
        operation["responses"] = {s: r for s, r in operation["responses"].items() if s.startswith("2")}
        if call.slug_path:
            operation["parameters"] = [
                *_without_slug(call),
                {"name": "project-slug", "in": "path", "required": True, "schema": {"type": "string"}},
            ]
        paths.setdefault(call.route, {})[call.method] = operation
    for schema in prepared["components"]["schemas"].values():
        if "properties" in schema:
            # These only document which fields go together; the parser would turn them into a union.
            schema.pop("anyOf", None)
            schema.pop("oneOf", None)
    return prepared


def _without_slug(call: Call) -> Iterator[Any]:
    return (dict(p) for p in call.parameters if p["in"] != "path" or f"{{{p['name']}}}" in call.route)


def _check_values(document: Document) -> None:
    """Reject an enum with two values of the same Python name: the parser drops one, or fails without naming the enum."""
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
