r"""Make the characters visible that control a terminal or hide text.

Names and messages come from the network: any contributor can choose a branch name or the path of an artifact. Printed
unchanged, they could clear the screen, set the title of the window, write to the clipboard (OSC 52), turn text into a
link to elsewhere (OSC 8), or display text in another order than it has (`Trojan Source <https://trojansource.codes>`_).

Escaped, in the notation of Python's string literals such as ``\x1b`` and ``\u202e``, are

* the Unicode categories Cc (the controls C0, DEL and C1, with which the sequences of ECMA-48 start), Cf (formats, such as
  the bidirectional controls and zero-width characters), Cs (lone surrogates), Zl and Zp (line and paragraph separators);
* other characters without a glyph: fillers, most variation selectors, and code points that Unicode reserves for formats
  (the property Default_Ignorable_Code_Point of UAX #44).

Kept are all other characters, and two invisible ones that emoji consist of: the zero-width joiner between two emoji, as in
a family (UTS #51), and the variation selectors U+FE0E and U+FE0F, which select the text or emoji form of one character.
Backslashes are kept too, so an escape looks like a name that contains these characters; ``--json`` is exact.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

__all__ = ["escape_controls", "escape_line"]

_ESCAPED_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_INVISIBLE: Final = re.compile(
    r"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\ufe00-\ufe0d\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)
"""Default_Ignorable_Code_Point of Unicode 16 outside of the category Cf, without U+FE0E and U+FE0F."""

_EMOJI: Final = r"\u00a9\u00ae\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
"""The blocks that contain all emoji, for the standard library does not know the property Extended_Pictographic."""

_EMOJI_JOINER: Final = re.compile(rf"(?<=[{_EMOJI}\ufe0f])\u200d(?=[{_EMOJI}])")
_MNEMONICS: Final = {"\t": r"\t", "\n": r"\n", "\r": r"\r"}


def escape_controls(text: str) -> str:
    """Escape text of several lines: tabs and line breaks are kept, and CR LF becomes a line break."""
    return _escape(text.replace("\r\n", "\n"), kept="\t\n")


def escape_line(text: str) -> str:
    """Escape text that must stay on one line, such as a name: tabs and line breaks are escaped as well."""
    return _escape(text, kept="")


def _escape(text: str, *, kept: str) -> str:
    if text.isprintable() and not _INVISIBLE.search(text):
        return text
    joiners = {match.start() for match in _EMOJI_JOINER.finditer(text)}
    return "".join(
        _escape_character(character) if character not in kept and position not in joiners else character
        for position, character in enumerate(text)
    )


def _escape_character(character: str) -> str:
    if unicodedata.category(character) not in _ESCAPED_CATEGORIES and not _INVISIBLE.match(character):
        return character
    code = ord(character)
    if code < 0x100:
        return _MNEMONICS.get(character) or f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
