"""Characters that control a terminal or hide text become visible."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circleci_v2.cli.process import escape_controls, escape_line
from tests.cli.hostile import PAYLOADS, hidden_characters

JOINED_SYMBOLS = re.compile("(?<=[^\x00-\xa8])\u200d(?=[^\x00-\xa8])")
# Categories of characters that neither control anything nor are invisible; Mn and Lo have a few fillers and selectors.
ORDINARY = (
    "Lu",
    "Ll",
    "Lt",
    "Lm",
    "Mc",
    "Nd",
    "Nl",
    "No",
    "Pc",
    "Pd",
    "Ps",
    "Pe",
    "Po",
    "Sm",
    "Sc",
    "Sk",
    "So",
    "Zs",
    "Co",
)


@given(st.text(st.characters()))
def test_escaped_text_contains_no_hidden_character(text: str) -> None:
    line, lines = escape_line(text), escape_controls(text)
    assert not hidden_characters(JOINED_SYMBOLS.sub("", line))
    assert not hidden_characters(JOINED_SYMBOLS.sub("", lines), allowed="\t\n")
    assert escape_line(line) == line
    (line + lines).encode()  # fails for lone surrogates


@given(st.text(st.characters(categories=("Cc", "Cf", "Cs", "Zl", "Zp")), min_size=1))
def test_an_escape_names_the_code_of_each_character(text: str) -> None:
    escaped = escape_line(text)
    assert escaped.isascii()
    assert escaped.encode().decode("unicode_escape").encode("utf-16", "surrogatepass") == text.encode(
        "utf-16", "surrogatepass"
    )


@given(st.text(st.characters(categories=ORDINARY)))
def test_ordinary_text_is_unchanged(text: str) -> None:
    assert escape_line(text) == escape_controls(text) == text


TEXTS = ["naïve", "日本語", "שלום", "مرحبا", "e\u0301", "a\u00a0b", "C:\\new", "[bold]x[/] :smile:", "\ue0b0", "\ufffd"]
EMOJI = [
    "👩\u200d💻",
    "👨🏽\u200d🚀",
    "🏳\ufe0f\u200d🌈",
    "❤\ufe0f\u200d🔥",
    "🙂\u200d↔\ufe0f",
    "🐈\u200d⬛",
    "👨\u200d👩\u200d👧",
]
EMOJI += ["1\ufe0f\u20e3", "🇩🇪", "\U0001faa9", "☺\ufe0e"]


@pytest.mark.parametrize("text", TEXTS + EMOJI)
def test_text_of_all_scripts_and_emoji_are_unchanged(text: str) -> None:
    assert escape_line(text) == text


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("\x9d0;title\x9c", r"\x9d0;title\x9c"),
        ("main\u200b", r"main\u200b"),
        ("ma\u200din", r"ma\u200din"),
        ("👩\u200d", r"👩\u200d"),
        ("\u202etxt.exe", r"\u202etxt.exe"),
        ("\U000e0041", r"\U000e0041"),
        ("\ud800", r"\ud800"),
        ("\u3164", r"\u3164"),
        ("a\tb\nc\rd\r\n", r"a\tb\nc\rd\r\n"),
    ],
)
def test_hidden_characters_are_written_as_in_python(text: str, line: str) -> None:
    assert escape_line(text) == line


def test_text_of_several_lines_keeps_tabs_and_line_breaks() -> None:
    assert escape_controls("a\tb\nc\r\nd\re") == "a\tb\nc\nd\\re"


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_no_payload_survives(payload: str) -> None:
    assert not hidden_characters(escape_line(payload))


def test_every_character_of_the_escaped_categories_is_escaped() -> None:
    escaped = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    controls = [character for character in map(chr, range(0x110000)) if unicodedata.category(character) in escaped]
    assert len(controls) > 2000
    assert all(escape_line(character) != character for character in controls)
