"""The picture of the README shows what the demo prints now, apart from numbers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest.importorskip("pty", reason="there are no pseudo-terminals on Windows")

from tools import record_demo
from tools.record_demo import PICTURE, picture_of, shape_of

README = Path(__file__).parents[2] / "README.md"


def test_the_picture_shows_the_output_of_the_demo():
    assert record_demo.main(["--check"]) == 0


def test_a_picture_is_the_same_for_the_same_output_and_loads_nothing():
    output = "\x1b[1mWorkflows\x1b[0m\nbuild  <b>&  1,234  http://127.0.0.1:40001/api/v2\n"
    picture = picture_of(output)
    assert picture == picture_of(output.replace("40001", "40002"))
    assert shape_of(picture) == ["$ make demo", "Workflows", "build <b>& 0 http://0/api/v0"]
    for drawn in (picture, PICTURE.read_text(encoding="utf-8")):
        assert not re.search(r"url\((?!#)|<script|<image|href=", drawn)


def test_a_picture_with_other_lines_differs():
    assert shape_of(picture_of("workflow  runs  3")) == shape_of(picture_of("workflow  runs  400"))
    assert shape_of(picture_of("workflow  runs  3")) != shape_of(picture_of("workflow  count  3"))


def test_the_readme_shows_the_picture():
    assert "docs/assets/demo.svg" in README.read_text(encoding="utf-8")
