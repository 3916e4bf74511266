"""The book: Markdown, plots and JSON are written from results, and other documents quote it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from benchmarks.__main__ import AREAS, main
from benchmarks.book import BOOK, PLOTS, RESULTS, markdown, write_book
from benchmarks.plots import Axis, plot_area
from benchmarks.quotes import QUOTES, Quote, QuoteError, with_quotes
from benchmarks.results import read_run
from tests.benchmarks.invented import BASE, OURS, area, run, table

ROOT = Path(__file__).parent.parent.parent
SVG = "{http://www.w3.org/2000/svg}"


def test_the_page_has_the_prose_the_versions_and_a_row_for_each_alternative():
    page = markdown(run(area(table())))
    assert "CPU time of `GET`.\n\nThe server runs in another process.\n" in page
    assert "2 processors (Linux x86_64) with CPython 3.11.7, httpx 0.28.1" in page
    assert "| **circleci_v2** | 2.10 ms (2.05 to 2.15) | 1.05 (1.02 to 1.08) | 4.20 (4.10 to 4.30) |" in page
    assert "| raw bytes (floor) | 0.50 ms | 0.25 | 1.00 |" in page
    assert "| pycircleci | not measured: not installed: no matching distribution | | |" in page
    assert "The environment of aiohttp: aiohttp 3.14.5." in page
    assert "Measured in 12 seconds: `make bench-http`." in page


def test_every_table_has_as_many_cells_in_each_line():
    page = markdown(run(area(table(), table(name="other"))))
    tables = [block for block in page.split("\n\n") if block.startswith("| |")]
    assert len(tables) == 2
    for block in tables:
        lines = [line.replace("\\|", "") for line in block.strip().splitlines()]
        assert {line.count("|") for line in lines} == {5}


def test_a_missed_bound_is_marked_in_its_row_and_at_the_top():
    page = markdown(run(area(table(at_most=4.0))))
    assert "4.20 (4.10 to 4.30), **missed ≤ 4.00**" in page
    assert "Of 1 bounds, these were **missed**:" in page
    assert "- [CPU time of a call](#cpu-time-of-a-call): A page of 20 <pipelines>, circleci_v2: times the floor" in page


def test_bounds_that_are_met_are_stated():
    page = markdown(run(area(table(at_most=5.0))))
    assert "4.20 (4.10 to 4.30), ≤ 5.00" in page
    assert "All 1 bounds were met." in page


def test_an_area_that_failed_and_a_quick_run_are_marked():
    page = markdown(run(area(failure="it was stopped after its limit of 60 seconds"), quick=True))
    assert "**This benchmark failed: it was stopped after its limit of 60 seconds.**" in page
    assert "**This was a quick run" in page


def test_the_files_of_the_book_are_written_and_old_plots_removed(tmp_path: Path):
    (tmp_path / PLOTS).mkdir()
    (tmp_path / PLOTS / "removed.svg").write_text("")
    measured = run(area(table()), area(name="empty"))
    write_book(measured, tmp_path)
    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {BOOK, RESULTS, f"{PLOTS}/http.svg"}
    linked = re.findall(r"\]\((benchmarks/[^)]+)\)", (tmp_path / BOOK).read_text())
    assert set(linked) == {RESULTS, f"{PLOTS}/http.svg"}
    assert read_run(tmp_path / RESULTS).quick is False


def test_a_plot_is_well_formed_and_names_every_alternative():
    plot = plot_area(area(table(at_most=5.0)))
    assert plot is not None
    root = ET.fromstring(plot)
    assert root.tag == f"{SVG}svg"
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert BASE in texts
    assert OURS in texts
    assert "pycircleci" not in texts
    assert len(list(root.iter(f"{SVG}circle"))) == 3
    assert root.get("role") == "img"
    title = root.find(f"{SVG}title")
    assert title is not None
    assert title.text == "CPU time of a call: medians with quartiles"


def test_a_plot_has_colours_for_dark_pages_and_its_own_background():
    plot = plot_area(area(table()))
    assert plot is not None
    light, dark = plot.split("@media (prefers-color-scheme: dark)")
    classes = set(re.findall(r'class="([\w ]+)"', plot))
    for name in {name for each in classes for name in each.split()} - {"title", "ours-name", "whisker"}:
        assert f".{name} {{" in light
    for name in ("page", "text", "muted", "grid", "ours", "other", "floor", "bound"):
        assert f".{name} {{" in dark
    assert 'class="page"' in plot
    assert "href" not in plot
    assert "<script" not in plot


@given(st.lists(st.floats(min_value=0, max_value=1e6), min_size=1, max_size=9).map(tuple))
@example((2.2250738585e-313,))
def test_every_mark_of_a_plot_is_inside_of_it(ours: tuple[float, ...]):
    plot = plot_area(area(table(ours)))
    assert plot is not None
    root = ET.fromstring(plot)
    width, height = float(root.get("width", "0")), float(root.get("height", "0"))
    for mark in root.iter(f"{SVG}circle"):
        assert 0 <= float(mark.get("cx", "nan")) <= width
        assert 0 <= float(mark.get("cy", "nan")) <= height


@given(st.lists(st.floats(min_value=0, max_value=1e9), min_size=1, max_size=9))
def test_an_axis_keeps_the_order_of_values_and_has_a_few_ticks(values: list[float]):
    axis = Axis.of(values)
    positions = [axis.position(value) for value in sorted(values)]
    assert positions == sorted(positions)
    assert len(axis.ticks()) <= 24
    assert all(axis.low <= tick <= axis.high * 1.001 for tick in axis.ticks())


def test_an_area_without_a_plotted_column_has_no_plot():
    assert plot_area(area(attrs.evolve(table(), plotted=""))) is None
    assert plot_area(area()) is None


def test_a_quick_run_writes_the_book(tmp_path: Path):
    command = [sys.executable, "-m", "benchmarks", "fake", "--quick", "--book", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=240)
    (measured,) = read_run(tmp_path / RESULTS).areas
    assert not measured.failure
    assert {"me", "page", "start"} == {each.name for each in measured.tables}
    assert "## The fake CircleCI" in (tmp_path / BOOK).read_text()


@pytest.mark.parametrize("arguments", [["--quick"], ["fake"]])
def test_a_quick_or_partial_run_is_not_published(arguments: list[str], capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        main([*arguments, "--book", str(ROOT / "docs")])
    assert "is not written to docs" in capsys.readouterr().err


def test_quotes_are_replaced_in_place_and_only_there():
    figures = (f"http/page/{OURS}/relative", f"http/page/{OURS}/times the floor")
    quote = Quote("README.md", r"costs ([\d.]+) times the CPU, and ([\d.]+) times", figures)
    text = "It costs 9.99 times the\n  CPU, and 8 times the floor; 7 times."
    measured = run(area(table()))
    once = with_quotes(text, [quote], measured)
    assert once == "It costs 1.05 times the\n  CPU, and 4.20 times the floor; 7 times."
    assert with_quotes(once, [quote], measured) == once


@pytest.mark.parametrize("text", ["It costs a lot.", "It costs 1.00 times. It costs 1.00 times."])
def test_a_quote_that_a_document_does_not_have_once_is_an_error(text: str):
    quote = Quote("README.md", r"costs ([\d.]+) times", (f"http/page/{OURS}/relative",))
    with pytest.raises(QuoteError, match=r"README.md has \d passages like"):
        with_quotes(text, [quote], run(area(table())))


def test_a_quote_of_a_figure_that_was_not_measured_is_an_error():
    quote = Quote("README.md", r"costs ([\d.]+) times", ("http/page/pycircleci/relative",))
    with pytest.raises(QuoteError, match=r"quotes a figure that the run lacks: .*not installed"):
        with_quotes("It costs 1.00 times.", [quote], run(area(table())))


def test_each_quoted_sentence_occurs_once_in_its_document():
    for quote in QUOTES:
        text = (ROOT / quote.document).read_text(encoding="utf-8")
        assert len(quote.expression().findall(text)) == 1, quote
        assert quote.expression().groups == len(quote.figures)


def test_every_measured_ratio_in_the_readme_is_a_quote():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for quote in QUOTES:
        text = quote.expression().sub("", text)
    assert re.findall(r"\d+\.\d+\s+(?:times|%)", text) == []


@pytest.mark.skipif(not (ROOT / "docs" / RESULTS).exists(), reason="no run is committed")
def test_the_documents_quote_the_committed_results():
    measured = read_run(ROOT / "docs" / RESULTS)
    assert not measured.quick
    assert [each.name for each in measured.areas] == list(AREAS)
    for quote in QUOTES:
        text = (ROOT / quote.document).read_text(encoding="utf-8")
        assert with_quotes(text, [quote], measured) == text, f"{quote.document} and the book differ: run `make bench`"


@pytest.mark.skipif(not (ROOT / "docs" / RESULTS).exists(), reason="no run is committed")
def test_the_committed_page_is_written_from_the_committed_results():
    assert (ROOT / "docs" / BOOK).read_text(encoding="utf-8") == markdown(read_run(ROOT / "docs" / RESULTS))


def test_every_module_of_the_book_has_a_title_a_limit_and_prose():
    limits = 0.0
    for name in AREAS:
        module = __import__(f"benchmarks.{name}", fromlist=["TITLE"])
        assert module.TITLE
        assert module.__doc__
        assert callable(module.measure)
        limits += module.SECONDS
    # Each limit is about three times the time on an idle machine.
    assert limits < 3600
