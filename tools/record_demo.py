"""Record the output of ``make demo`` in a terminal of 108 columns as docs/assets/demo.svg, the picture of the README.

    python -m tools.record_demo [--check]

The program runs under a pseudo-terminal, so that it prints its colours, and rich draws what it printed. With ``--check``
nothing is written: exit code 1 means that the committed picture shows other lines, whatever its numbers, which differ from
run to run.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import fcntl
import html
import io
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

__all__ = ["PICTURE", "demo_output", "main", "picture_of", "shape_of"]

ROOT: Final = Path(__file__).parent.parent
PICTURE: Final = ROOT / "docs" / "assets" / "demo.svg"
COLUMNS: Final = 108
_LINES: Final = 60
# rich would load a font from another host, which pages with a strict policy block.
_FORMAT: Final = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img"
  aria-label="The output of make demo">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, monospace; font-size: {char_height}px;
  line-height: {line_height}px; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" /></clipPath>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def demo_output(folder: Path) -> str:
    """Run the demo under a pseudo-terminal, and return what it prints, with the codes of its colours.

    Args:
        folder: Where the demo writes its file.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", _LINES, COLUMNS, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONPATH": str(ROOT)}
    for name in ("NO_COLOR", "COLUMNS", "LINES"):
        environment.pop(name, None)
    command = [sys.executable, "-m", "circleci_v2", "demo"]
    with subprocess.Popen(command, cwd=folder, stdout=theirs, stderr=subprocess.PIPE, env=environment) as process:  # noqa: S603 - our own program
        os.close(theirs)
        with io.FileIO(ours) as terminal:
            chunks: list[bytes] = []
            # The end of a pseudo-terminal is an error of reading.
            with contextlib.suppress(OSError):
                while chunk := terminal.read(65536):
                    chunks.append(chunk)
        errors = process.stderr.read().decode() if process.stderr else ""
    if process.returncode:
        msg = f"the demo failed with exit code {process.returncode}:\n{errors}"
        raise RuntimeError(msg)
    return b"".join(chunks).decode().replace("\r\n", "\n")


def picture_of(output: str) -> str:
    """Draw the output of a terminal as SVG, in the same bytes for the same output."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.from_ansi(f"$ make demo\n{output.rstrip()}"), soft_wrap=False)
    # The addresses of a run are not worth a difference.
    return re.sub(
        r"127\.0\.0\.1:\d+",
        "127.0.0.1:8080",
        console.export_svg(title="make demo", unique_id="demo", code_format=_FORMAT),
    )


def shape_of(picture: str) -> list[str]:
    """The lines of a picture, with each number as 0."""
    lines: dict[str, list[str]] = {}
    for y, text in re.findall(r'<text class="demo-r\d+" x="[\d.]+" y="([\d.]+)"[^>]*>(.*?)</text>', picture):
        lines.setdefault(y, []).append(html.unescape(text).replace("\xa0", " "))
    joined = ("".join(parts) for parts in lines.values())
    return [" ".join(re.sub(r"[\d.,:]*\d", "0", line).split()) for line in joined]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.record_demo", description="Record the demo as a picture.")
    parser.add_argument("--check", action="store_true", help="compare with the committed picture, and write nothing")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        picture = picture_of(demo_output(Path(folder)))
    if not options.check:
        PICTURE.parent.mkdir(parents=True, exist_ok=True)
        PICTURE.write_text(picture, encoding="utf-8")
        print(f"wrote {PICTURE}")
        return 0
    shown, printed = shape_of(PICTURE.read_text(encoding="utf-8")), shape_of(picture)
    if shown == printed:
        return 0
    print(f"error: {PICTURE} shows another output: run `make demo-picture`", file=sys.stderr)
    print(*difflib.unified_diff(shown, printed, "picture", "demo", lineterm="", n=0), sep="\n", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
