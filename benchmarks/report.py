"""Print results to a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from benchmarks.results import Area, Column, Figure, Table

__all__ = ["format_bound", "format_figure", "format_value", "print_area"]


def format_value(value: float, column: Column) -> str:
    """Return a value with the digits and the unit of its column."""
    return f"{value:,.{column.digits}f}{f' {column.unit}' if column.unit else ''}"


def format_figure(figure: Figure, column: Column) -> str:
    """Return the median, and the quartiles if they differ in print."""
    quartiles = figure.quartiles
    first, third = (f"{value:,.{column.digits}f}" for value in (quartiles.first, quartiles.third))
    spread = "" if first == third else f" ({first} to {third})"
    return f"{format_value(quartiles.median, column)}{spread}"


def format_bound(figure: Figure, column: Column) -> str:
    """Return the bound of a figure, or an empty string."""
    bounds = [
        f"{sign} {format_value(limit, column)}"
        for sign, limit in (("<=", figure.at_most), (">=", figure.at_least))
        if limit is not None
    ]
    return " and ".join(bounds)


def print_area(area: Area, console: Console) -> None:
    """Print the tables of an area."""
    console.rule(f"{escape(area.title)}, {area.seconds:.0f} s")
    for table in area.tables:
        console.print(_grid(table))
    if area.failure:
        console.print(f"[red]{escape(area.name)}: {escape(area.failure)}[/red]")


def _grid(table: Table) -> Grid:
    grid = Grid(title=escape(table.title), title_justify="left", title_style="bold")
    grid.add_column("")
    for column in table.columns:
        grid.add_column(escape(column.name), justify="right")
    for row in table.rows:
        if row.not_measured:
            grid.add_row(escape(row.name), escape(row.not_measured))
            continue
        cells: list[str] = []
        for column in table.columns:
            figure = row.figures.get(column.name)
            cell = format_figure(figure, column) if figure else ""
            bound = format_bound(figure, column) if figure else ""
            if bound and figure is not None:
                cell += f" [green]{bound}[/green]" if figure.within_bound else f" [red]missed {bound}[/red]"
            cells.append(cell)
        grid.add_row(f"[bold]{escape(row.name)}[/bold]" if row.kind == "ours" else escape(row.name), *cells)
    return grid
