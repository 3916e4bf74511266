"""The check of the built documentation finds each kind of problem; the reference is written from the generated code."""

from __future__ import annotations

from pathlib import Path

import pytest

from circleci_v2.operations import OPERATIONS
from tools.check_docs import check, check_navigation, read_site

pytest.importorskip("griffe", reason="griffelib is among the tools of the dev group")

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tools.build_reference import write_reference

    folder = tmp_path_factory.mktemp("reference")
    write_reference(folder)
    return folder


def write(site: Path, name: str, body: str) -> None:
    (site / name).parent.mkdir(parents=True, exist_ok=True)
    (site / name).write_text(f"<html><body>{body}</body></html>", encoding="utf-8")


def problems(site: Path) -> list[str]:
    return list(check(read_site(site), site))


def test_every_operation_is_on_the_page_of_its_namespace_by_method_route_and_operation_id(reference: Path):
    pages = {path.stem: path.read_text(encoding="utf-8") for path in (reference / "api").glob("*.md")}
    assert set(pages) == {"index", *(operation.namespace for operation in OPERATIONS.values())}
    for operation in OPERATIONS.values():
        vendor = f"[{operation.id}](https://circleci.com/docs/api/v2/index.html#operation/{operation.id})"
        for page in (pages["index"], pages[operation.namespace]):
            assert f"`{operation.method} {operation.path}`" in page
            assert vendor in page
        assert f"\n## {operation.name}\n" in pages[operation.namespace]
        assert f"`{operation.namespace}.{operation.name}`" in pages["index"]


def test_every_model_has_one_description_with_all_of_its_fields(reference: Path):
    import attrs

    from circleci_v2 import models

    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted((reference / "models").glob("*.md")))
    for name in set(models.__all__) - {"Model", "OpenStrEnum"}:
        assert text.count(f"\n## {name}\n") == 1, name
        section = text.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        kind = getattr(models, name)
        members = (
            [field.name for field in attrs.fields(kind)]
            if attrs.has(kind)
            else [f"{name}.{m}" for m in kind.__members__]
        )
        assert [member for member in members if f"| `{member}` |" not in section] == []


def test_the_reference_shows_no_private_path(reference: Path):
    for path in reference.rglob("*.md"):
        assert "circleci_v2._" not in path.read_text(encoding="utf-8"), path


def test_pages_of_operations_that_are_gone_are_removed(reference: Path):
    from tools.build_reference import write_reference

    stale = reference / "api" / "gone.md"
    stale.touch()
    write_reference(reference)
    assert not stale.exists()


def test_a_private_path_in_the_reference_is_found(tmp_path: Path):
    write(tmp_path, "reference/client/index.html", '<h2 id="circleci_v2._http.session.Session">Session</h2>')
    assert any("the private path circleci_v2._http.session.Session" in problem for problem in problems(tmp_path))


def test_a_broken_link_and_a_broken_anchor_are_found(tmp_path: Path):
    write(
        tmp_path,
        "index.html",
        '<a href="guide/">x</a><a href="gone/">y</a><a href="../outside.py">o</a>'
        '<a href="guide/#here">z</a><a href="#no">w</a>',
    )
    write(tmp_path, "guide/index.html", '<h2 id="here">Here</h2><a href="../index.html">up</a>')
    found = [problem for problem in problems(tmp_path) if "links to" in problem]
    assert found == [
        "index.html links to #no: the page has no such heading",
        "index.html links to ../outside.py, which is not in the site",
        "index.html links to gone/, which is not in the site",
    ]


def test_a_public_name_that_is_in_no_page_is_found(tmp_path: Path):
    write(tmp_path, "reference/client/index.html", '<h2 id="circleci_v2.CircleCI">CircleCI</h2>')
    found = problems(tmp_path)
    assert "circleci_v2.Paginator is not in the reference: add it to a page in docs/reference" in found
    assert not any(problem.startswith("circleci_v2.CircleCI ") for problem in found)


def test_a_site_that_was_not_built_is_an_error(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="run `make docs`"):
        read_site(tmp_path)


def test_pages_outside_of_the_navigation_are_found(tmp_path: Path):
    configuration = tmp_path / "mkdocs.yml"
    configuration.write_text("nav:\n  - index.md\n  - Guide:\n      - guide/gone.md\n", encoding="utf-8")
    docs = tmp_path / "docs"
    (docs / "guide").mkdir(parents=True)
    (docs / "index.md").touch()
    (docs / "guide" / "new.md").touch()
    assert list(check_navigation(docs, configuration)) == [
        "docs/guide/new.md is not in the navigation: add it to `nav` in mkdocs.yml",
        "mkdocs.yml lists guide/gone.md, which does not exist",
    ]


def test_every_page_is_in_the_navigation(reference: Path, tmp_path: Path):
    import shutil

    shutil.copytree(ROOT / "docs", tmp_path / "docs", ignore=shutil.ignore_patterns("api", "models", "examples.md"))
    shutil.copytree(reference, tmp_path / "docs" / "reference", dirs_exist_ok=True)
    assert list(check_navigation(tmp_path / "docs", ROOT / "mkdocs.yml")) == []
