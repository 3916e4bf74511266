"""Check that every claim about the API in openapi.json, and on one page of the guide, has a source.

A claim is a sentence with a number and its unit, or with a word that limits or promises something ("only", "never",
"at most", "must", "administrators", "measured"). ``codegen/sources.yaml`` quotes the decisive words of each claim and
names the source. The check fails for

* a claim that no entry quotes, and a number that lies outside the quoted words;
* an entry whose words are no longer in the description, or whose source is not defined;
* an inferred claim whose paragraph does not say so ("as observed", "not documented", "presumably");
* a row of a table on the page of the guide whose last cell names no source: a link, "measured", "reported" or "not
  documented"; and a claim outside of the tables that names none.

    python -m tools.check_sources
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import attrs
import yaml

__all__ = ["Sources", "claims_in", "descriptions", "guide_problems", "main", "problems"]

ROOT: Final = Path(__file__).parent.parent
DOCUMENT: Final = ROOT / "openapi.json"
SOURCES: Final = ROOT / "codegen" / "sources.yaml"
GUIDE: Final = ROOT / "docs" / "guide" / "retention-and-permissions.md"
"""The page of the guide that collects what CircleCI limits. The other pages describe the library."""

INFERRED: Final = "inferred"

_NUMBER: Final = r"(?:\d[\d,.]*k?|one|two|three|four|five|six|seven|eight|nine|ten)(?:st|nd|rd|th)?"
_UNIT: Final = (
    r"(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?|characters?|[KMG]i?B|items|entries|exporters?|webhooks?"
    r"|variables?|exports?|requests?|groups?|branches|runs|parameters|headers|contexts|names|numbers|times|fields?)"
)
_QUANTITIES: Final = re.compile(
    rf"\b{_NUMBER}(?: [a-z]+)?[ -]{_UNIT}\b"
    rf"|\b(?:at most|up to|at least|maximum of|no more than) {_NUMBER}\b"
    rf"|\b{_NUMBER} at most\b|\b\d[\d,]{{2,}}\b|\b\d+k\b",
    re.IGNORECASE,
)
_PROMISES: Final = re.compile(
    r"\b(?:only|never|always|at most|at least|up to|no more than|no later than|maximum|must|cannot|may not|requires?"
    r"|required|reject(?:s|ed)|permit(?:s|ted)|administrators?|undone|overwrites|cached|ignores?|ignored|keeps|kept"
    r"|expires?|newest|orders?|measured|observed|inferred|presumably|conflict|as reported)\b",
    re.IGNORECASE,
)
_CODE: Final = re.compile(r"`[^`]*`")
_CODE_BLOCK: Final = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_SOURCE_NAMED: Final = re.compile(r"\]\(https://|\bmeasured\b|\breported\b|\bnot documented\b")
_SENTENCE: Final = re.compile(r".+?(?:[.!?](?=\s+[A-Z`*\"])|$)\s*", re.MULTILINE)
_ADMISSION: Final = re.compile(
    r"observed|not document|no order is documented|does not say|undocumented|presumably|inferred|seen|as reported"
)


@attrs.frozen
class Sources:
    """Contents of ``codegen/sources.yaml``.

    Attributes:
        known: Description of each source, by its name.
        claims: By place and by the quoted words of a claim, the name of its source, optionally followed by `: ` and where
            in it the claim is made.
    """

    known: Mapping[str, str]
    claims: Mapping[str, Mapping[str, str]]

    @classmethod
    def load(cls, path: Path = SOURCES) -> Sources:
        """Read the file."""
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return cls(content["sources"], content["claims"])

    def count(self) -> Counter[str]:
        """Number of entries of each source."""
        return Counter(_name(source) for entries in self.claims.values() for source in entries.values())


def main(arguments: Sequence[str] = ()) -> int:
    """Check openapi.json and print what lacks a source."""
    del arguments
    document: dict[str, Any] = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    sources = Sources.load()
    found = [*problems(document, sources), *guide_problems(GUIDE.read_text(encoding="utf-8"))]
    for problem in found:
        print(problem)
    if found:
        print(f"{len(found)} problems; the comment at the top of {SOURCES.relative_to(ROOT)} describes the entries")
        return 1
    count = sources.count()
    listed = ", ".join(f"{number} {name}" for name, number in count.most_common())
    claims = sum(1 for _, text in descriptions(document) for _ in claims_in(text))
    print(f"{claims} sentences with claims, {count.total()} entries: {listed}")
    return 0


def problems(document: Mapping[str, Any], sources: Sources) -> Iterator[str]:
    """One line for each claim without a source and for each entry that is stale or wrong."""
    texts = dict(descriptions(document))
    for place, text in texts.items():
        quoted = _quoted(text, sources.claims.get(place, {}))
        for start, sentence, quantities in claims_in(text):
            end = start + len(sentence)
            shown = " ".join(sentence.split())
            if not any(first < end and last > start for first, last, _ in quoted):
                yield f"{place}: no source for the claim: {shown}"
                continue
            for quantity_start, quantity_end in quantities:
                if not any(first <= quantity_start and quantity_end <= last for first, last, _ in quoted):
                    number = text[quantity_start:quantity_end]
                    yield f"{place}: no source for {number!r}: no entry quotes these words of: {shown}"
        for first, last, source in quoted:
            if _name(source) == INFERRED and not _admits(text, first, last):
                yield f"{place}: {text[first:last]!r} is inferred; say so next to it, for example `as observed`"
    for place, entries in sources.claims.items():
        for words, source in entries.items():
            if words not in texts.get(place, ""):
                yield f"{place}: stale entry, remove or update it: {words!r} is not in the description"
            if _name(source) not in sources.known:
                yield f"{place}: unknown source {_name(source)!r} of {words!r}"


def guide_problems(text: str) -> Iterator[str]:
    """One line for each row of a table, and each claim outside of them, without a source on the page of the guide."""
    prose = _CODE_BLOCK.sub("", text)
    for row in re.findall(r"^\|.*\|$", prose, re.MULTILINE):
        source = row.rstrip("|").rpartition("|")[2]
        if not re.fullmatch(r" source |-+", source) and not _SOURCE_NAMED.search(source):
            yield f"{GUIDE.name}: the last cell names no source: {row}"
    for paragraph in re.sub(r"^\|.*\|$", "", prose, flags=re.MULTILINE).split("\n\n"):
        if not _SOURCE_NAMED.search(paragraph):
            for _, sentence, quantities in claims_in(" ".join(paragraph.split())):
                if quantities:
                    yield f"{GUIDE.name}: no source for the claim: {sentence.strip()}"


def claims_in(text: str) -> Iterator[tuple[int, str, Sequence[tuple[int, int]]]]:
    """The sentences of a description that claim something: position, sentence, and the spans of the numbers in it."""
    for match in _SENTENCE.finditer(text):
        sentence = match.group()
        prose = _CODE.sub(lambda code: "`" * len(code.group()), sentence)
        offset = match.start()
        quantities = [(offset + found.start(), offset + found.end()) for found in _QUANTITIES.finditer(prose)]
        if quantities or _PROMISES.search(prose):
            yield offset, sentence, quantities


def descriptions(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every description and summary of a document, with the name of its place in ``sources.yaml``."""
    yield "info", document["info"]["description"]
    for number, server in enumerate(document["servers"]):
        yield f"server {number}", server["description"]
    for tag in document["tags"]:
        yield f"tag {tag['name']}", tag["description"]
    for item in document["paths"].values():
        for operation in item.values():
            yield from _of_operation(operation)
    components = document["components"]
    for name, scheme in components["securitySchemes"].items():
        yield f"security {name}", scheme["description"]
    for kind in ("parameter", "response"):
        for name, component in components[f"{kind}s"].items():
            yield f"{kind} {name}", component["description"]
    for name, schema in components["schemas"].items():
        yield name, schema["description"]
        for field, value in schema.get("properties", {}).items():
            if "description" in value:
                yield f"{name}.{field}", value["description"]


def _of_operation(operation: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    name = operation["operationId"]
    yield name, operation["description"]
    yield f"{name} summary", operation["summary"]
    for parameter in operation["parameters"]:
        if "description" in parameter:
            yield f"{name} {parameter['name']}", parameter["description"]
    if "description" in operation.get("requestBody", {}):
        yield f"{name} body", operation["requestBody"]["description"]
    for status, response in operation["responses"].items():
        if "description" in response:
            yield f"{name} {status}", response["description"]


def _quoted(text: str, entries: Mapping[str, str]) -> list[tuple[int, int, str]]:
    return [
        (match.start(), match.end(), source)
        for words, source in entries.items()
        for match in re.finditer(re.escape(words), text)
    ]


def _admits(text: str, first: int, last: int) -> bool:
    """Whether the paragraph around a quotation says that it is inferred."""
    before, quoted, after = text[:first], text[first:last], text[last:]
    return bool(_ADMISSION.search(before.rpartition("\n\n")[2] + quoted + after.partition("\n\n")[0]))


def _name(source: str) -> str:
    return source.partition(":")[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
