"""A document as parsed by openapi-python-client: its operations, models and enums, ready for the templates.

The parser decides on types and on the names of enum members. Therefore everything that depends on the generated package
(the templates, the diff) reads the result of the parser instead of the document.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

import attrs
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError, ParseError
from openapi_python_client.parser.openapi import Endpoint
from openapi_python_client.parser.properties.enum_property import EnumProperty
from openapi_python_client.parser.properties.model_property import ModelProperty

from codegen.documents import OUR_DOCUMENT, Document
from codegen.errors import SpecError, UnsupportedError
from codegen.generate import rendering
from codegen.generate.calls import Call, calls_of
from codegen.generate.discriminators import Tags, tags_of
from codegen.generate.outcomes import envelope_models
from codegen.generate.twins import describe_as_json, drop_twins, name_members, read_binary_as_text
from codegen.generate.views import Argument, View, view
from codegen.names import CallName, Names
from codegen.normalize.normalization import left_out_note
from codegen.queries import operations_of, without_operations

__all__ = ["ROOT", "Parsed", "parse"]

ROOT = Path(__file__).parent.parent.parent
CONFIG_FILE = ROOT / "generator-config.yaml"

_LONGEST_DETAIL = 500


def _copy_endpoint(endpoint: Endpoint, _memo: object) -> Endpoint:
    return copy.copy(endpoint)


# `Endpoint.sort_parameters` sorts a deep copy of each endpoint, with all of its models, and the original is dropped. With a
# thousand operations, that is 40 % of the parser's time.
setattr(Endpoint, "__deepcopy__", _copy_endpoint)  # noqa: B010 - the class does not declare it


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
        tags: The values by which models are recognized among the variants of a union.
        notes: Operations and fields that are left out, with the reason.
    """

    document: Document
    data: GeneratorData
    config: Config
    views: Sequence[View]
    models: Sequence[ModelProperty]
    enums: Sequence[EnumProperty]
    tags: Tags
    notes: Sequence[str] = ()


def parse(document: Document, names: Names, output: Path) -> Parsed:
    """Parse a document in normal form.

    Args:
        document: The document.
        names: The table of names.
        output: The folder of the package to be generated; nothing is written yet.

    Raises:
        SpecError: The parser has a warning, or two names of the document would be the same name in Python.
    """
    left_out: list[str] = []
    while True:
        attempt = _attempt(document, names, output)
        if isinstance(attempt, Parsed):
            return attrs.evolve(attempt, notes=[*left_out, *attempt.notes])
        left_out += [left_out_note(call.place, error) for call, error in attempt]
        document = without_operations(document, [(call.path, call.method) for call, _ in attempt])


def _attempt(document: Document, names: Names, output: Path) -> Parsed | list[tuple[Call, UnsupportedError]]:
    """Parse a document, or return the operations for which that is impossible."""
    calls, notes = calls_of(document, names)
    config = Config.from_sources(
        ConfigFile.load_from_path(CONFIG_FILE),
        MetaType.NONE,
        document_source=OUR_DOCUMENT,
        file_encoding="utf-8",
        overwrite=False,
        output_path=output,
    )
    prepared = _prepared(document, calls)
    notes += [*drop_twins(prepared), *name_members(prepared)]
    read_binary_as_text(prepared)
    for _, _, operation in operations_of(prepared):
        describe_as_json(operation)
    data = _parsed_data(prepared, config)
    if rejected := list(_rejected(data, calls)):
        return rejected
    _check_errors(data)
    hidden = envelope_models(document)
    models = [m for m in data.models if m.class_info.name not in hidden and not rendering.is_mapping(m)]
    endpoints = {
        str(e.name): e for collection in data.endpoint_collections_by_tag.values() for e in collection.endpoints
    }
    views: list[View] = []
    for index, call in enumerate(calls.values()):
        try:
            views.append(view(document, call, endpoints[_key(index)]))
        except UnsupportedError as error:
            rejected.append((call, error))
    if rejected:
        return rejected
    renaming = {str(model.class_info.name) for model in models if _renames(model)}
    views = [attrs.evolve(entry, arguments=[_with_keys(a, renaming) for a in entry.arguments]) for entry in views]
    tags, contradictions = tags_of(document)
    notes += [*contradictions, *(note for entry in views for note in entry.notes)]
    return Parsed(
        document, data, config, views, models, [e for e in data.enums if isinstance(e, EnumProperty)], tags, notes
    )


def _renames(model: ModelProperty) -> bool:
    """Whether a field of a model has a name in Python that is not its key."""
    keys = [rendering.plain(field.name) for field in rendering.fields_of(model)]
    return any(rendering.attribute(key) != key for key in keys)


def _with_keys(argument: Argument, renaming: AbstractSet[str]) -> Argument:
    """The argument with those of its models that a dict of Python names may stand for."""
    if argument.place not in {"body", "json"}:
        return argument
    # The keys of a dict of models are no fields.
    found = [name for name in argument.models & renaming if f"Mapping[str, {name}" not in argument.annotation]
    return attrs.evolve(argument, renaming=sorted(found))


def _parsed_data(document: Document, config: Config) -> GeneratorData:
    try:
        data = GeneratorData.from_dict(document, config=config)
    except ValueError as error:
        msg = f"openapi-python-client cannot use the document: {error}"
        raise SpecError(msg) from error
    if isinstance(data, GeneratorError):
        msg = f"{data.header}: {data.detail}"
        raise SpecError(msg)
    return data


def _rejected(data: GeneratorData, calls: Mapping[CallName, Call]) -> Iterator[tuple[Call, UnsupportedError]]:
    """Yield the operations that the generator's parser rejects, each once, with the first reason."""
    by_place = {f"{call.method.upper()} {call.route} ": call for call in calls.values()}
    seen: set[CallName] = set()
    for collection in data.endpoint_collections_by_tag.values():
        for problem in collection.parse_errors:
            call = next(
                (call for place, call in by_place.items() if f" parsing {place}within " in problem.header), None
            )
            if call is not None and call.name not in seen:
                seen.add(call.name)
                yield call, UnsupportedError(_detail(problem))


def _check_errors(data: GeneratorData) -> None:
    problems = [*data.errors, *(e for c in data.endpoint_collections_by_tag.values() for e in c.parse_errors)]
    if problems:
        raise SpecError("\n".join(dict.fromkeys(f"{problem.header} {_detail(problem)}"[:2000] for problem in problems)))


def _detail(problem: ParseError) -> str:
    """The reason of the generator's parser, and the part of the document as JSON."""
    part = problem.data.model_dump_json(by_alias=True, exclude_none=True) if problem.data is not None else ""
    return f"{problem.detail or 'openapi-python-client rejects it'} {part}".strip()[:_LONGEST_DETAIL]


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
        # The client sends no such parameters, and the parser rejects some.
        sent = [
            p
            for p, full in zip(operation["parameters"], call.parameters, strict=True)
            if full["in"] in ("path", "query")
        ]
        operation["parameters"] = sent
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
