"""Check the built documentation: what its tool does not check, or checks only in one of its versions.

    python -m tools.check_docs [SITE]

Every public name is in the reference and has a docstring, no page of the reference shows a private path, every page is in the
navigation and the reverse, and every internal link and anchor exists.
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import attrs
import yaml

from circleci_v2._wire.json import is_array, is_object
from circleci_v2.errors import ConfigurationError

__all__ = ["PUBLIC_MODULES", "Page", "check", "read_site"]

ROOT: Final = Path(__file__).parent.parent
PUBLIC_MODULES: Final = (
    "circleci_v2", "circleci_v2.artifacts", "circleci_v2.bulk", "circleci_v2.environment", "circleci_v2.errors",
    "circleci_v2.events", "circleci_v2.failures", "circleci_v2.fleet", "circleci_v2.history", "circleci_v2.models",
    "circleci_v2.operations", "circleci_v2.pagination", "circleci_v2.response", "circleci_v2.slugs",
    "circleci_v2.testing", "circleci_v2.usage_export", "circleci_v2.waiting", "circleci_v2.webhooks",
)  # fmt: skip
"""The modules whose `__all__` users import from; those of `config` and `policies` that are public are in `circleci_v2`."""

_TOOLTIPS: Final = frozenset(
    {
        "circleci_v2._download.resumable.ResponseStream",
        "circleci_v2._download.resumable.StreamClient",
        "circleci_v2._unpublished.UnpublishedClient",
        "circleci_v2.streams._producer.Send",
    }
)
"""Protocols of the first argument of functions, which users call as methods; mkdocstrings shows their path as a tooltip."""

_PRIVATE: Final = re.compile(r"circleci_v2(?:\.[a-z0-9_]+)*\._[a-z]\w*(?:\.\w+)*")


@attrs.frozen
class Page:
    """One page of the site.

    Attributes:
        text: The HTML.
        anchors: The ids of its elements.
        links: The targets of its links.
    """

    text: str
    anchors: frozenset[str]
    links: frozenset[str]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        for key in ("id", "name"):
            if value := values.get(key):
                self.anchors.add(value)
        for key in ("href", "src"):
            if tag in {"a", "img", "link", "script"} and (value := values.get(key)):
                self.links.add(value)


def main(arguments: Sequence[str]) -> int:
    """Print what is wrong with the site in the given folder, by default `site`; returns the exit code."""
    site = Path(arguments[0]) if arguments else ROOT / "site"
    pages = read_site(site)
    problems = [*check(pages, site), *check_navigation(ROOT / "docs", ROOT / "mkdocs.yml")]
    print(*problems, sep="\n", end="\n" if problems else "")
    print(f"{len(pages)} pages, {len(problems)} problems")
    return int(bool(problems))


def read_site(site: Path) -> dict[str, Page]:
    """Read the HTML of a site, by the path of each file.

    Raises:
        FileNotFoundError: There is no site in this folder.
    """
    pages: dict[str, Page] = {}
    for path in sorted(site.rglob("*.html")):
        reader = _Reader()
        text = path.read_text(encoding="utf-8")
        reader.feed(text)
        pages[path.relative_to(site).as_posix()] = Page(text, frozenset(reader.anchors), frozenset(reader.links))
    if not pages:
        msg = f"{site} has no pages: run `make docs`"
        raise FileNotFoundError(msg)
    return pages


def check(pages: Mapping[str, Page], site: Path) -> Iterator[str]:
    """Yield the problems of the pages of a site."""
    yield from _private_paths(pages)
    yield from _broken_links(pages, site)
    yield from _missing_names(pages)
    yield from _missing_docstrings()


def check_navigation(docs: Path, configuration: Path) -> Iterator[str]:
    """Yield the pages that are missing from the navigation, and the entries of it that are no page."""
    described: Any = yaml.safe_load(configuration.read_text(encoding="utf-8"))
    named = set(_entries(described["nav"]))
    existing = {path.relative_to(docs).as_posix() for path in docs.rglob("*.md")}
    yield from (
        f"docs/{name} is not in the navigation: add it to `nav` in mkdocs.yml" for name in sorted(existing - named)
    )
    yield from (f"mkdocs.yml lists {name}, which does not exist" for name in sorted(named - existing))


def _entries(nav: Any) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
    elif is_object(nav):
        yield from (name for entry in nav.values() for name in _entries(entry))
    elif is_array(nav):
        yield from (name for entry in nav for name in _entries(entry))


def _private_paths(pages: Mapping[str, Page]) -> Iterator[str]:
    for name, page in pages.items():
        if name.startswith("reference/"):
            for path in sorted(set(_PRIVATE.findall(page.text)) - _TOOLTIPS):
                yield f"{name} shows the private path {path}: make the name public, or leave it out of the signature"


def _broken_links(pages: Mapping[str, Page], site: Path) -> Iterator[str]:
    root = site.resolve()
    for name, page in pages.items():
        if name == "404.html":
            continue  # its links start with /, because it is shown for pages in any folder
        for link in sorted(page.links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = ((root / name).parent / unquote(parts.path) if parts.path else root / name).resolve()
            target = target / "index.html" if target.is_dir() else target
            if not target.is_relative_to(root) or not target.exists():
                yield f"{name} links to {link}, which is not in the site"
                continue
            anchor, other = unquote(parts.fragment), pages.get(target.relative_to(root).as_posix())
            if anchor and other is not None and anchor not in other.anchors:
                yield f"{name} links to {link}: the page has no such heading"


def _missing_names(pages: Mapping[str, Page]) -> Iterator[str]:
    anchors = {anchor for name, page in pages.items() if name.startswith("reference/") for anchor in page.anchors}
    documented = {anchor.rpartition(".")[2] for anchor in anchors if anchor.startswith("circleci_v2.")}
    headings = {
        anchor for name, page in pages.items() if name.startswith("reference/models/") for anchor in page.anchors
    }
    for module, name, _ in _public_names():
        if name not in documented and not (module == "circleci_v2.models" and name.lower() in headings):
            yield f"{module}.{name} is not in the reference: add it to a page in docs/reference"


def _missing_docstrings() -> Iterator[str]:
    for module, name, value in _public_names():
        if not (inspect.isclass(value) or inspect.isfunction(value)):
            continue
        if not inspect.getdoc(value):
            yield f"{module}.{name} has no docstring"
        if inspect.isclass(value) and module != "circleci_v2.models":
            for member, inner in vars(value).items():
                function = inner.fget if isinstance(inner, property) else getattr(inner, "__func__", inner)
                if not member.startswith("_") and inspect.isfunction(function) and not inspect.getdoc(function):
                    yield f"{module}.{name}.{member} has no docstring"


def _public_names() -> Iterator[tuple[str, str, Any]]:
    for module in PUBLIC_MODULES:
        loaded = importlib.import_module(module)
        for name in loaded.__all__:
            if not name.startswith("__"):
                try:
                    yield module, name, getattr(loaded, name)
                except ConfigurationError:
                    # It needs an extra that is not installed here. The name has to be in the reference all the same.
                    yield module, name, None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
