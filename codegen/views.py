"""What the templates need to know of each operation: its call in Python, its arguments, what it answers."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs
from openapi_python_client.parser.openapi import Endpoint

from codegen.documents import Document
from codegen.errors import SpecError
from codegen.names import CallName, Names, identifier
from codegen.reading import component_of, fields_of_schema, json_schema_of, operations_of, references_in
from codegen.rendering import (
    annotation,
    argument_annotation,
    fields_of,
    is_nullable,
    literal,
    model_names,
    plain,
)

__all__ = ["Argument", "Call", "Outcome", "calls_of", "envelope_models", "field_words", "view"]

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_IDEMPOTENT = frozenset({"get", "head", "put", "delete", "options"})
_PLAIN_PLACEHOLDER = re.compile(r"[A-Za-z0-9_-]+")
_TAKEN_IN_METHODS = frozenset({"given", "org_path", "path_segment", "project_path", "self"})
_SLUG_TYPES = {
    "project-slug": ("ProjectSlug | str", "project_path"),
    "org-slug": ("OrgSlug | str", "org_path"),
    "org-slug-or-id": ("OrgSlug | UUID | str", "org_path"),
}
_ERRORS = {
    "400": ("BadRequestError", "CircleCI cannot make sense of an argument."),
    "401": ("AuthenticationError", "The token is missing or not known."),
    "403": ("PermissionDeniedError", "The owner of the token may not do this."),
    "404": ("NotFoundError", "It does not exist, or the token may not see it."),
    "409": ("ConflictError", "It contradicts what is there, for example a name that is taken."),
    "429": ("RateLimitError", "Too many requests, and no more time to wait for the next chance."),
}


@attrs.frozen(kw_only=True)
class Call:
    """One operation of the document, and the method that stands for it."""

    id: str
    method: str
    path: str
    name: CallName
    tag: str
    summary: str
    description: str
    deprecated: bool
    responses: Mapping[str, Any]
    parameters: Sequence[Mapping[str, Any]]
    body: Mapping[str, Any] | None
    body_words: Mapping[str, str]
    renamed: Mapping[str, str]
    slug_path: str | None
    slug_description: str

    @property
    def module(self) -> str:
        """The module of the operation; the name of a built-in is given an underscore, because the module is imported."""
        method = self.name.method
        return f"{method}_" if hasattr(builtins, method) else method

    def argument(self, key: str) -> str:
        """The Python name of a parameter, or of a field of the body."""
        return self.renamed.get(key) or identifier(key, prefix="field_", taken=_TAKEN_IN_METHODS | {self.module})

    @property
    def idempotent(self) -> bool:
        """Whether sending it twice has the effect of sending it once."""
        return self.method in _IDEMPOTENT

    @property
    def route(self) -> str:
        """The path that Python fills in: as published, or with three segments of a slug written as one."""
        return self.slug_path or self.path

    @property
    def raises(self) -> Iterator[tuple[str, str]]:
        """The errors that the document names for it, with what each means."""
        yield from (_ERRORS[status] for status in sorted(self.responses) if status in _ERRORS)


@attrs.frozen(kw_only=True)
class Argument:
    """One argument of a method."""

    name: str
    key: str
    annotation: str
    default: str | None
    description: str
    place: str
    nullable: bool = False
    models: frozenset[str] = frozenset()

    @property
    def declaration(self) -> str:
        """The argument as it stands in a signature."""
        return f"{self.name}: {self.annotation}" + (f" = {self.default}" if self.default is not None else "")


@attrs.frozen(kw_only=True)
class Outcome:
    """What a method returns and how the answer is parsed."""

    annotation: str
    parsing: Sequence[str]
    page: bool = False
    models: frozenset[str] = frozenset()
    description: str = ""


@attrs.frozen(kw_only=True)
class View:
    """An operation as its template prints it."""

    call: Call
    arguments: Sequence[Argument]
    outcome: Outcome
    path_expression: str
    cursor: str | None

    @property
    def module(self) -> str:
        """The module of the operation."""
        return self.call.module

    @property
    def parsed_annotation(self) -> str:
        """What ``parse`` returns."""
        names = sorted(self.outcome.models, key=len, reverse=True)
        kind = self.outcome.annotation
        for name in names:
            kind = re.sub(rf"(?<![.\w]){name}\b", f"models.{name}", kind)
        return f"Page[{kind}]" if self.outcome.page else kind

    @property
    def all_models(self) -> Sequence[str]:
        """The models that the method's signature mentions."""
        return sorted({*self.argument_models, *self.outcome.models})

    @property
    def positional(self) -> Sequence[Argument]:
        """What stands in the path, in its order."""
        return [argument for argument in self.arguments if argument.place == "path" and argument.default is None]

    @property
    def keywords(self) -> Sequence[Argument]:
        """Everything else, what is required first."""
        rest = [argument for argument in self.arguments if argument not in self.positional]
        return sorted(rest, key=lambda argument: argument.default is not None)

    @property
    def signature(self) -> str:
        """All arguments, as they stand in a ``def``."""
        star = ["*"] if self.keywords else []
        return ", ".join([*(a.declaration for a in self.positional), *star, *(a.declaration for a in self.keywords)])

    @property
    def forwarded(self) -> str:
        """All arguments, as the method hands them to the module of the operation."""
        return ", ".join([*(a.name for a in self.positional), *(f"{a.name}={a.name}" for a in self.keywords)])

    def placed(self, place: str) -> Sequence[Argument]:
        """The arguments that travel in one place: path, query or body."""
        return [argument for argument in self.arguments if argument.place == place]

    @property
    def needs(self) -> frozenset[str]:
        """The names of other modules that signature and body mention."""
        text = f"{self.signature} {self.path_expression} {self.outcome.annotation}"
        words = frozenset(re.findall(r"[A-Za-z_]+", text))
        given = {"given"} if any(a.default is not None for a in self.placed("body")) else set[str]()
        return words | given

    @property
    def argument_models(self) -> Sequence[str]:
        """The models that the arguments mention."""
        return sorted({name for argument in self.arguments for name in argument.models})


def calls_of(document: Document, names: Names) -> dict[CallName, Call]:
    """Every operation of a normalised document by the name of its method, in the document's order.

    Raises:
        SpecError: Two operations claim one method.
    """
    calls: dict[CallName, Call] = {}
    for method, path, operation in operations_of(document):
        call = _call(document, names, path, method, operation)
        if other := calls.get(call.name):
            msg = f"{method.upper()} {path} and {other.method.upper()} {other.path} are both called {call.name}"
            raise SpecError(msg)
        calls[call.name] = call
    return calls


def _call(document: Document, names: Names, path: str, method: str, operation: Mapping[str, Any]) -> Call:
    name = names.call(method, path, operation)
    parameters = [_looked_up(document, parameter) for parameter in operation["parameters"]]
    return Call(
        id=operation.get("operationId", str(name)),
        method=method,
        path=path,
        name=name,
        tag=operation["tags"][0],
        summary=operation.get("summary", ""),
        description=operation.get("description", ""),
        deprecated=bool(operation.get("deprecated")),
        responses=operation["responses"],
        parameters=parameters,
        body=operation.get("requestBody"),
        body_words=field_words(document, component_of(json_schema_of(operation.get("requestBody", {})))),
        renamed=names.arguments(method, path),
        slug_path=_slug_path(path, names.slug_paths),
        slug_description=document["components"]["parameters"].get("ProjectSlug", {}).get("description", ""),
    )


def _looked_up(document: Document, value: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in value:
        return value
    found: Mapping[str, Any] = document["components"]["parameters"][value["$ref"].rsplit("/", 1)[1]]
    return found


def _slug_path(path: str, slug_paths: Sequence[str]) -> str | None:
    return next((path.replace(run, "{project-slug}") for run in slug_paths if run in path), None)


def field_words(document: Document, model: str) -> dict[str, str]:
    """What the document says of each field of a model.

    Of a field that is a model or an enum, the generator's parser knows only what is said of that model or enum.
    """
    return {name: str(field.get("description", "")) for name, field in fields_of_schema(document, model).items()}


def envelope_models(document: Document) -> set[str]:
    """Components that are no models of the client: envelopes of lists, bodies that become arguments, errors."""
    envelopes: set[str] = set()
    kept: set[str] = set()
    for _, _, operation in operations_of(document):
        envelopes |= {component_of(json_schema_of(operation.get("requestBody", {})))}
        for status, response in operation["responses"].items():
            schema = json_schema_of(response)
            name = component_of(schema)
            (envelopes if _is_page(document, schema) else kept if status.startswith("2") else envelopes).add(name)
    nested = set(references_in(document["components"]["schemas"]))
    errors = set(references_in(document["components"]["responses"]))
    return ((envelopes | errors) - nested - kept) - {""}


def _is_page(document: Document, schema: Mapping[str, Any]) -> bool:
    if schema.get("type") == "array":
        return True
    fields = fields_of_schema(document, component_of(schema))
    # Everything beside the items is about the list, so that nothing is lost when the envelope becomes a Page.
    return fields.get("items", {}).get("type") == "array" and set(fields) <= {"items", "next_page_token", "total_count"}


def view(document: Document, call: Call, endpoint: Endpoint) -> View:
    """An operation as its template prints it, from the document's facts and the generator's types."""
    arguments = list(_arguments(call, endpoint))
    names = [argument.name for argument in arguments]
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        place = f"{call.method.upper()} {call.path}"
        msg = f"{place}: several parameters are called {', '.join(twice)} in Python; rename them in names.yaml"
        raise SpecError(msg)
    outcome = _outcome(document, call, endpoint)
    keys = {argument.key for argument in arguments if argument.place == "query"}
    cursor = "offset" if "offset" in keys and "page-token" not in keys else None
    return View(
        call=call,
        arguments=arguments,
        outcome=outcome,
        path_expression=_path_expression(call),
        cursor=cursor if outcome.page else None,
    )


def _arguments(call: Call, endpoint: Endpoint) -> Iterator[Argument]:
    described = {(p["in"], p["name"]): p for p in call.parameters}
    if call.slug_path:
        yield _path_argument(call, "project-slug", described, None)
    for prop in endpoint.path_parameters:
        if not (call.slug_path and plain(prop.name) == "project-slug"):
            yield _path_argument(call, plain(prop.name), described, prop)
    for prop in endpoint.query_parameters:
        source = described["query", plain(prop.name)]
        yield _argument(call, prop, "query", source.get("description", ""), source["schema"].get("default"))
    for body in endpoint.bodies:
        for prop in fields_of(body.prop):
            yield _argument(call, prop, "body", call.body_words.get(plain(prop.name), ""), None)


def _path_argument(call: Call, key: str, described: Mapping[tuple[str, str], Any], prop: Any) -> Argument:
    source = described.get(("path", key), {})
    kind = _SLUG_TYPES[key][0] if key in _SLUG_TYPES else argument_annotation(prop)
    default = source.get("schema", {}).get("default")
    return Argument(
        name=call.argument(key),
        key=key,
        annotation=kind,
        default=literal(default) if isinstance(default, str) else None,
        description=source.get("description", "") or (call.slug_description if key == "project-slug" else ""),
        place="path",
        models=frozenset() if prop is None else frozenset(model_names(prop)),
    )


def _argument(call: Call, prop: Any, place: str, description: str, default: Any) -> Argument:
    key = plain(prop.name)
    kind = argument_annotation(prop)
    nullable = is_nullable(prop)
    if isinstance(default, str):
        default = literal(default)
    elif prop.required:
        default = None
    elif nullable and place == "body":
        kind, default = f"{kind.removesuffix(' | None')} | Unset | None", "UNSET"
    else:
        kind, default = (kind if nullable else f"{kind} | None"), "None"
    return Argument(
        name=call.argument(key),
        key=key,
        annotation=kind,
        default=default,
        description=description,
        place=place,
        nullable=nullable and place == "body",
        models=frozenset(model_names(prop)),
    )


def _path_expression(call: Call) -> str:
    """The route as an expression. Its text is put between quotes piece by piece; the rest is names of ours alone."""
    pieces: list[str] = []
    end = 0
    for match in _PLACEHOLDER.finditer(call.route):
        pieces += [_fixed(call.route[end : match.start()]), f"{{{_filled(call, match.group(1))}}}"]
        end = match.end()
    if not pieces:
        return literal(call.route)
    return f'f"{"".join([*pieces, _fixed(call.route[end:])])}"'


def _fixed(text: str) -> str:
    """Text for the inside of an f-string."""
    return literal(text)[1:-1].replace("{", "{{").replace("}", "}}")


def _filled(call: Call, key: str) -> str:
    if not _PLAIN_PLACEHOLDER.fullmatch(key):
        msg = f"{call.method.upper()} {call.path}: the path parameter {key!r} is not made of letters, digits, - and _"
        raise SpecError(msg)
    name = call.argument(key)
    # Single quotes, because an f-string on Python 3.11 cannot reuse its own.
    return f"{_SLUG_TYPES[key][1]}({name})" if key in _SLUG_TYPES else f"path_segment('{name}', {name})"


def _outcome(document: Document, call: Call, endpoint: Endpoint) -> Outcome:
    by_status = {
        str(response.status_code.pattern): response
        for response in endpoint.responses
        if str(response.status_code.pattern)[0] == "2"
    }
    described = "; ".join(
        dict.fromkeys(call.responses[s].get("description", "").rstrip(".") for s in by_status if s in call.responses)
    )
    description = f"{described}." if described else ""
    # A body that nothing is said of, `schema: {}`, is a body all the same.
    bodies = {s: r.prop for s, r in by_status.items() if "content" in call.responses.get(s, {})}
    if not bodies:
        return Outcome(annotation="None", parsing=["answer.nothing()"], description=description)
    if page := next((p for s, p in bodies.items() if _is_page(document, json_schema_of(call.responses[s]))), None):
        return _page(page, description)
    kinds = {status: annotation(bodies[status]) if status in bodies else "None" for status in by_status}
    returns = [f"return {_decoding(bodies[s])}" if s in bodies else "return None" for s in by_status]
    lines = [f"if answer.status_code == {s}:\n    {r}" for s, r in zip(by_status, returns, strict=True)][:-1]
    return Outcome(
        annotation=" | ".join(dict.fromkeys(sorted(kinds.values(), key=lambda kind: kind == "None"))),
        parsing=[*(lines if len(set(kinds.values())) > 1 else ()), returns[-1]],
        models=frozenset(name for prop in bodies.values() for name in model_names(prop)),
        description=description,
    )


def _page(prop: Any, description: str) -> Outcome:
    if hasattr(prop, "inner_property"):
        item = prop.inner_property
    else:
        item = next(field.inner_property for field in fields_of(prop) if plain(field.name) == "items")
    models = frozenset(model_names(item))
    return Outcome(
        annotation=annotation(item),
        parsing=[f"return answer.page({_runtime(item)})"],
        page=True,
        models=models,
        description=description,
    )


def _decoding(prop: Any) -> str:
    arms = getattr(prop, "inner_properties", None)
    if arms:
        return f"answer.one_of({', '.join(_runtime(arm) for arm in arms)})"
    return f"answer.decode({_runtime(prop)})"


def _runtime(prop: Any) -> str:
    """A type as an expression: models are reached through the lazy package, so that only what is decoded is imported."""
    text = annotation(prop)
    for name in sorted(set(model_names(prop)), key=len, reverse=True):
        text = re.sub(rf"(?<![.\w]){name}\b", f"models.{name}", text)
    return text
