"""The size of the generated code and of the wheel.

The generated code is compared with the output of openapi-python-client with its default templates, for the same document.
The wheel is built from the checkout; *other parts* is everything but the generated code, the fake and the document that
the fake checks calls against.
"""

from __future__ import annotations

import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from benchmarks.environments import ROOT, NotInstalledError, without_places
from benchmarks.harness import Bound, ChildFailedError, Settings, row_of, run_child
from benchmarks.http import STOCK, stock_environment
from benchmarks.results import Column, Row, Table

TITLE: Final = "Size"
SECONDS: Final = 120.0

KIBIBYTE: Final = 1024
WHEEL_BOUND: Final = 400.0
PARTS: Final = {
    "generated code": "circleci_v2/_generated/",
    "the fake and its document": "circleci_v2/testing/",
    "other parts": "",
}
"""The parts of the wheel by the prefix of their files; a file belongs to the first that fits."""


def prepare() -> None:
    """Generate the stock client, if it can be installed."""
    with suppress(NotInstalledError):
        stock_environment()


def measure(settings: Settings) -> Iterator[Table]:
    """Yield the tables of the generated code and of the wheel."""
    del settings
    yield generated_table()
    yield wheel_table()


def generated_table() -> Table:
    columns = [
        Column(name="files", digits=0),
        Column(name="lines", digits=0),
        Column(name="size", unit="KiB", digits=0, compared=True),
    ]
    rows = [_code_row("circleci_v2", ROOT / "circleci_v2" / "_generated")]
    try:
        stock_environment()
        rows.append(_code_row("openapi-python-client", STOCK / "stock_client"))
    except NotInstalledError as error:
        rows.append(Row(name="openapi-python-client", not_measured=str(error)))
    return Table(name="generated", title="The generated code", columns=columns, rows=rows, plotted="lines")


def _code_row(name: str, folder: Path) -> Row:
    files = [path.read_bytes() for path in folder.rglob("*.py")]
    values = {
        "files": float(len(files)),
        "lines": float(sum(content.count(b"\n") for content in files)),
        "size": sum(map(len, files)) / KIBIBYTE,
    }
    return row_of(name, "ours" if name == "circleci_v2" else "other", values)


def wheel_table() -> Table:
    packed, unpacked = Column(name="in the wheel", unit="KiB", digits=0), Column(name="installed", unit="KiB", digits=0)
    compared = Column(name=packed.name, unit=packed.unit, digits=0, compared=True)
    sizes = {name: [0.0, 0.0] for name in PARTS}
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, str(ROOT)]
        try:
            run_child(command, timeout=100)
        except ChildFailedError as error:
            row = Row(name="circleci_v2", kind="ours", not_measured=f"not built: {without_places(str(error))}")
            return Table(name="wheel", title="The wheel", columns=[compared, unpacked], rows=[row])
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            for file in archive.infolist():
                part = next(name for name, prefix in PARTS.items() if file.filename.startswith(prefix))
                sizes[part][0] += file.compress_size / KIBIBYTE
                sizes[part][1] += file.file_size / KIBIBYTE
        total = {packed.name: wheel.stat().st_size / KIBIBYTE, unpacked.name: sum(size[1] for size in sizes.values())}
    rows = [row_of("circleci_v2", "ours", total, Bound(column=packed.name, at_most=WHEEL_BOUND))]
    rows.extend(row_of(name, "ours", {packed.name: size[0], unpacked.name: size[1]}) for name, size in sizes.items())
    return Table(name="wheel", title="The wheel", columns=[compared, unpacked], rows=rows)
