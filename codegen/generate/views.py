"""The data of each operation for the templates: its arguments, its path, and its result."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

import attrs
from openapi_python_client.parser.openapi import Endpoint
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.model_property import ModelProperty

from codegen.documents import Document
from codegen.errors import SpecError, UnsupportedError
from codegen.generate.annotations import accepts_text
from codegen.generate.calls import Call, description_of
from codegen.generate.outcomes import Outcome, outcome_of
from codegen.generate.rendering import argument_annotation, fields_of, is_nullable, literal, model_names, plain
from codegen.media import JSON, Kind, kind_of
from codegen.queries import body_schema_of, parameter_schema_of

__all__ = ["Argument", "View", "style_of", "view"]

_DELIMITERS = {"form": ",", "spaceDelimited": " ", "pipeDelimited": "|"}
_KINDS = {
    "path": "path parameter",
    "query": "query parameter",
    "body": "body field",
    "form": "form field",
    "json": "body",
    "content": "body",
}
_ABOUT_FILES = "A file is bytes, or a tuple of its name and bytes, or of its name, bytes and media type."
_CONTENTS = {"text": "str", "bytes": "bytes"}
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
# `restriction_id`, `allow-list-entry-id`, `ownerID`
_ID_PARAMETER = re.compile(r"(?:^|[_-])id$|[a-z]ID$")
_PLAIN_PLACEHOLDER = re.compile(r"[A-Za-z0-9_-]+")
_PAGE_OF = re.compile(r"^(One|A) (page|batch|sequence|list) of ")
_SLUG_TYPES = {
    "project-slug": ("ProjectSlug | str", "project_path"),
    "org-slug": ("OrgSlug | str", "org_path"),
    "org-slug-or-id": ("OrgSlug | UUID | str", "org_path"),
}


@attrs.frozen(kw_only=True)
class Argument:
    """One argument of a method.

    Attributes:
        name: Its name in Python.
        key: The name of the parameter or field in the API.
        annotation: Its type.
        default: Its default, as an expression; None where it is required.
        description: The document's description.
        place: The part of the request in which it is sent: ``path``, ``query``, ``body`` for a field of a JSON body,
            ``form`` for a field of a form, or ``json`` or ``content`` for the body as a whole.
        nullable: Whether it is a field of the body that may be sent as null.
        has_files: Whether it is a file of a form, or several.
        check: The function that checks a required field of the body, from `circleci_v2._wire.encoding`; else None.
        models: The models and enums in its type.
        renaming: Those models whose fields may be passed in a dict by their names in Python, which are not their keys.
        style: How a query parameter is encoded, where that is not ``form`` with a repeated name.
    """

    name: str
    key: str
    annotation: str
    default: str | None
    description: str
    place: str
    nullable: bool = False
    check: str | None = None
    has_files: bool = False
    models: frozenset[str] = frozenset()
    renaming: Sequence[str] = ()
    style: str | None = None

    @property
    def item(self) -> str:
        """The argument as an item of the dict of query parameters or of fields."""
        match self.style:
            case None:
                return f"{literal(self.key)}: {self.checked}"
            case "deepObject":
                return f"**deep_object({literal(self.key)}, {self.name})"
            case "spread":
                return f"**spread_object({literal(self.key)}, {self.name})"
            case "content":
                return f"{literal(self.key)}: json_text({self.name})"
            case style:
                return f"{literal(self.key)}: delimited({self.name}, {_DELIMITERS[style]!r})"

    @property
    def checked(self) -> str:
        """The value to send, as an expression."""
        value = f"{self.check}({literal(self.name)}, {self.name})" if self.check else self.name
        if self.renaming:
            return f"document_keys({value}, {', '.join(f'models.{name}' for name in self.renaming)})"
        return f"checked_files({literal(self.name)}, {value})" if self.has_files else value

    @property
    def declaration(self) -> str:
        """The argument as it is written in a signature."""
        return f"{self.name}: {self.annotation}" + (f" = {self.default}" if self.default is not None else "")


@attrs.frozen(kw_only=True)
class View:
    """An operation, as its template prints it.

    Attributes:
        call: The operation and the name of its method.
        arguments: The arguments of the method, in the order of the document.
        outcome: The result of the method.
        path_expression: The path, with the arguments filled in, as an expression.
        cursor: The query parameter that selects the next page, where it is not ``page-token``.
        notes: Arguments that did not get the name of their parameter.
    """

    call: Call
    arguments: Sequence[Argument]
    outcome: Outcome
    path_expression: str
    cursor: str | None
    notes: Sequence[str] = ()

    @property
    def returns(self) -> str:
        """The text for the section "Returns" of the docstring; empty where nothing is returned."""
        if not self.outcome.page:
            return self.outcome.description if self.outcome.annotation != "None" else ""
        things = _PAGE_OF.sub("", self.outcome.description).rstrip(".")
        over = f" over {things}" if things and things != self.outcome.description.rstrip(".") else ""
        return f"A paginator{over}: await it for the first page, iterate over it for all items."

    @property
    def all_models(self) -> Sequence[str]:
        """The models in the signature."""
        return sorted({name for argument in self.arguments for name in argument.models} | self.outcome.models)

    @property
    def positional(self) -> Sequence[Argument]:
        """The parameters of the path, in its order."""
        return [argument for argument in self.arguments if argument.place == "path" and argument.default is None]

    @property
    def keywords(self) -> Sequence[Argument]:
        """All other arguments, the required ones first."""
        rest = [argument for argument in self.arguments if argument not in self.positional]
        return sorted(rest, key=lambda argument: argument.default is not None)

    @property
    def signature(self) -> str:
        """All arguments, as they are written in a ``def``."""
        star = ["*"] if self.keywords else []
        return ", ".join([*(a.declaration for a in self.positional), *star, *(a.declaration for a in self.keywords)])

    @property
    def nullable(self) -> Sequence[Argument]:
        """The fields of the body for which None is sent as null."""
        return [argument for argument in self.arguments if argument.nullable]

    @property
    def media(self) -> str | None:
        """The media type of a JSON body, where it is not ``application/json``."""
        is_json = bool(self.placed("json") or self.placed("body"))
        return self.call.media if is_json and self.call.media != JSON else None

    @property
    def content(self) -> str | None:
        """A body that is not JSON, as an expression; None if there is none."""
        media = literal(self.call.media)
        form = ", ".join(argument.item for argument in self.placed("form"))
        match body_kind(self.call):
            case "text" | "bytes" as kind:
                return f"{kind}_body({self.placed('content')[0].name}, {media})"
            case "form":
                return f"form_body({{{form}}})"
            case "multipart":
                types = [
                    f"{literal(field)}: {literal(rule['contentType'])}"
                    for field, rule in self.call.encoding.items()
                    if "," not in rule.get("contentType", ",") and "*" not in rule["contentType"]
                ]
                more = f", {{{', '.join(types)}}}" if types else ""
                return f"multipart_body({{{form}}}{more})"
            case _:
                return None

    def placed(self, place: str) -> Sequence[Argument]:
        """The arguments that are sent in one part of the request, as `Argument.place` names it."""
        return [argument for argument in self.arguments if argument.place == place]


def view(document: Document, call: Call, endpoint: Endpoint) -> View:
    """An operation as its template prints it, from the document and the types of the generator's parser."""
    try:
        return _view(document, call, endpoint)
    except SpecError as error:
        reason = str(error).removeprefix(f"{call.place} ").removeprefix(f"{call.place}: ")
        msg = f"{call.place}: {reason}"
        raise UnsupportedError(msg, way=getattr(error, "way", "`request()`")) from error


def _view(document: Document, call: Call, endpoint: Endpoint) -> View:
    notes: list[str] = []
    arguments = list(_with_distinct_names(call, list(_arguments(call, endpoint, notes)), notes))
    outcome = outcome_of(document, call, endpoint)
    notes += outcome.notes
    keys = {argument.key for argument in arguments if argument.place == "query"}
    cursor = "offset" if "offset" in keys and "page-token" not in keys else None
    return View(
        call=call,
        arguments=arguments,
        outcome=outcome,
        path_expression=_path_expression(call),
        cursor=cursor if outcome.page else None,
        notes=notes,
    )


def _with_distinct_names(call: Call, arguments: Sequence[Argument], notes: list[str]) -> Iterator[Argument]:
    """The arguments, of which those with a name that another one has get a name of their own, and a note."""
    taken: dict[str, Argument] = {}
    for argument in arguments:
        name = argument.name
        if name in taken:
            if argument.place == "path":
                msg = f"{call.place}: {taken[name].key!r} and {argument.key!r} of the path are both called {name} in Python"
                raise UnsupportedError(msg)
            name = next(n for n in _other_names(argument) if n not in taken and n not in {a.name for a in arguments})
            notes.append(
                f"{call.place}: the {_KINDS[taken[argument.name].place]} {taken[argument.name].key!r} and the "
                f"{_KINDS[argument.place]} {argument.key!r} would both be called {argument.name} in Python; the second is "
                f"called {name}. To change that, add '{argument.place} {argument.key}' to its arguments in names.yaml"
            )
        taken[name] = argument
        yield attrs.evolve(argument, name=name)


def _other_names(argument: Argument) -> Iterator[str]:
    yield f"{argument.place}_{argument.name.rstrip('_')}"
    yield from (f"{argument.name.rstrip('_')}_{number}" for number in count(2))


def _arguments(call: Call, endpoint: Endpoint, notes: list[str]) -> Iterator[Argument]:
    described = {(p["in"], p["name"]): p for p in call.parameters}
    if call.slug_path:
        yield _path_argument(call, "project-slug", described, None)
    for prop in endpoint.path_parameters:
        if not (call.slug_path and plain(prop.name) == "project-slug"):
            yield _path_argument(call, plain(prop.name), described, prop)
    for prop in endpoint.query_parameters:
        source = described["query", plain(prop.name)]
        style = style_of(source, is_object=isinstance(prop, ModelProperty))
        if style != "content" and isinstance(prop, ListProperty) and isinstance(prop.inner_property, ModelProperty):
            problem = f"the query parameter {plain(prop.name)!r} is a list of objects, which no style can encode"
            if prop.required:
                raise UnsupportedError(problem)
            notes.append(f"{call.place}: {problem}; it is left out")
            continue
        argument = _argument(call, prop, "query", description_of(source), parameter_schema_of(source).get("default"))
        yield attrs.evolve(argument, style=style)
    kind = body_kind(call)
    if kind in _CONTENTS:
        yield _whole_body(call, "content", _CONTENTS[kind], frozenset())
    for body in endpoint.bodies:
        fields = fields_of(body.prop) if isinstance(body.prop, ModelProperty) else []
        if not fields:
            yield _whole_body(call, "json", argument_annotation(body.prop), frozenset(model_names(body.prop)))
        for prop in fields:
            key = plain(prop.name)
            place = "body" if kind == "json" else "form"
            argument = _argument(call, prop, place, call.body_descriptions.get(key, ""), None)
            yield attrs.evolve(argument, style=_style_in_form(call, key)) if kind == "form" else argument


def body_kind(call: Call) -> Kind | None:
    """What the body of an operation is; None if it has none."""
    return kind_of(call.media, body_schema_of(call.body)) if call.body else None


def _style_in_form(call: Call, key: str) -> str | None:
    rule = call.encoding.get(key, {})
    return style_of(rule) if "style" in rule or "explode" in rule else None


def style_of(parameter: Mapping[str, Any], *, is_object: bool = False) -> str | None:
    """The encoding of a query parameter, where it is not ``form`` with a repeated name.

    Besides the styles of OpenAPI, it may be ``content`` for JSON text, and ``spread`` for an object in the style ``form``,
    each field of which becomes a parameter.
    """
    if "content" in parameter:
        return "content"
    style: str = parameter.get("style", "form")
    if style != "form" or parameter.get("explode") is False:
        return style
    return "spread" if is_object else None


def _whole_body(call: Call, place: str, kind: str, models: frozenset[str]) -> Argument:
    """The argument for a body that does not consist of fields: text, bytes, an array, a mapping, a union, or anything."""
    source = call.body or {}
    required = bool(source.get("required"))
    return Argument(
        name="body",
        key="body",
        annotation=kind if required else f"{kind} | Unset",
        default=None if required else "UNSET",
        description=source.get("description", ""),
        place=place,
        models=models,
    )


def _path_argument(call: Call, key: str, described: Mapping[tuple[str, str], Any], prop: Any) -> Argument:
    source = described.get(("path", key), {})
    if isinstance(prop, ListProperty | ModelProperty):
        msg = f"{call.place}: the path parameter {key!r} is not a single value"
        raise UnsupportedError(msg)
    kind = _SLUG_TYPES[key][0] if key in _SLUG_TYPES else _parameter_annotation(key, prop)
    default = source.get("schema", {}).get("default")
    return Argument(
        name=call.argument(key),
        key=key,
        annotation=kind,
        default=literal(default) if isinstance(default, str) else None,
        description=description_of(source) or (call.slug_description if key == "project-slug" else ""),
        place="path",
        models=frozenset() if prop is None else frozenset(model_names(prop)),
    )


def _parameter_annotation(key: str, prop: Any) -> str:
    """The type of a parameter. Models have UUIDs as ids, so that one is accepted for every id, whether or not typed as such."""
    kind = argument_annotation(prop)
    return "UUID | str" if kind == "str" and _ID_PARAMETER.search(key) else kind


def _argument(call: Call, prop: Any, place: str, description: str, default: Any) -> Argument:
    key = plain(prop.name)
    kind = argument_annotation(prop) if place in ("body", "form") else _parameter_annotation(key, prop)
    # In a merge patch (RFC 7396), null removes a field and an absent field stays as it is.
    nullable = is_nullable(prop) or (place == "body" and "merge-patch" in call.media)
    # A time is passed as a datetime, which has no literal; where it is left out, the API's own default applies.
    if isinstance(default, str) and accepts_text(kind, default):
        default = literal(default)
    elif prop.required:
        default = None
    elif nullable and place == "body":
        kind, default = f"{kind.removesuffix(' | None')} | Unset | None", "UNSET"
    else:
        kind, default = (kind if nullable else f"{kind} | None"), "None"
    check = "unmasked" if key in call.passwords else "required"
    is_file = place == "form" and "FileContent" in kind
    return Argument(
        name=call.argument(key, "body" if place == "form" else place),
        key=key,
        annotation=kind,
        default=default,
        description=f"{description} {_ABOUT_FILES}".strip() if is_file else description,
        place=place,
        nullable=nullable and place == "body",
        check=check if place in ("body", "form") and prop.required and not nullable else None,
        has_files=is_file,
        models=frozenset(model_names(prop)),
    )


def _path_expression(call: Call) -> str:
    """The path as an expression. Its text goes into quotes piece by piece; the rest consists of our own names."""
    pieces: list[str] = []
    end = 0
    for match in _PLACEHOLDER.finditer(call.route):
        pieces += [_fixed(call.route[end : match.start()]), f"{{{_filled(call, match.group(1))}}}"]
        end = match.end()
    if not pieces:
        return literal(call.route)
    return f'f"{"".join([*pieces, _fixed(call.route[end:])])}"'


def _fixed(text: str) -> str:
    """Text inside an f-string."""
    return literal(text)[1:-1].replace("{", "{{").replace("}", "}}")


def _filled(call: Call, key: str) -> str:
    if not _PLAIN_PLACEHOLDER.fullmatch(key):
        msg = f"{call.place}: the path parameter {key!r} may only have letters, digits, - and _"
        raise SpecError(msg)
    name = call.argument(key)
    # Single quotes, because an f-string on Python 3.11 cannot reuse its own.
    return f"{_SLUG_TYPES[key][1]}({name})" if key in _SLUG_TYPES else f"path_segment('{name}', {name})"
