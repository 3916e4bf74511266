"""The output of a job as a stream, and its lines as a terminal would show them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circleci_v2 import CircleCI, InvalidSlugError, NotFoundError
from circleci_v2.failures import OutputLines
from circleci_v2.testing import FakeCircleCI, JobPlan, StepPlan

SLUG = "gh/acme/web"
STEPS = (
    StepPlan(name="Checkout code", output="Cloning\n"),
    StepPlan(name="Run tests", output="\x1b[31mred\x1b[0m\n", error_output="bad\n", exit_code=1),
)


def client_and_fake() -> tuple[CircleCI, FakeCircleCI]:
    fake = FakeCircleCI()
    fake.add_pipeline(SLUG, status="failed", jobs=[JobPlan(name="test", steps=STEPS)])
    return CircleCI(fake.token, transport=fake.transport()), fake


@pytest.mark.anyio
async def test_the_log_of_a_job_is_that_of_its_failed_steps_or_of_all():
    circleci, _ = client_and_fake()
    async with circleci:
        failed = [(chunk.step.name, chunk.text) async for chunk in circleci.job_log(SLUG, 1)]
        everything = "".join([chunk.text async for chunk in circleci.job_log(SLUG, 1, failed_only=False)])
    assert {name for name, _ in failed} == {"Run tests"}
    assert "".join(text for _, text in failed) == "\x1b[31mred\x1b[0m\nbad\n"
    assert everything == "Cloning\n\x1b[31mred\x1b[0m\nbad\n"


@pytest.mark.anyio
async def test_a_log_may_be_left_after_its_first_piece():
    circleci, fake = client_and_fake()
    async with circleci:
        async with circleci.job_log(SLUG, 1, failed_only=False) as chunks:
            async for chunk in chunks:
                assert chunk.text == "Cloning\n"
                break
        assert len(fake.journal) == 1


@pytest.mark.anyio
async def test_a_job_that_is_missing_is_an_error():
    circleci, _ = client_and_fake()
    async with circleci:
        with pytest.raises(NotFoundError):
            [chunk async for chunk in circleci.job_log(SLUG, 999)]
        with pytest.raises(InvalidSlugError):
            circleci.job_log("web", 1)


def shown(text: str, sizes: list[int]) -> list[str]:
    lines, found, position = OutputLines(), [], 0
    for size in [*sizes, len(text)]:
        found += lines.feed(text[position : position + size])
        position += size
    return [*found, *lines.finish()]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("a\r\nb", ["a", "b"]),
        ("10%\r50%\r100%\n", ["100%"]),
        (
            "\x1b[1;31mred\x1b[0m \x1b]0;title\x07\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\ \x9b2Kend\x08\n",
            ["red link end"],
        ),
        ("tab\there\n\n", ["tab\there", ""]),
        ("\x1b", [""]),
    ],
)
def test_lines_are_those_that_a_terminal_shows(text: str, lines: list[str]):
    assert shown(text, []) == lines


@given(st.text(alphabet="ab\n\r\x1b[m0;1]\x07\x9b"), st.lists(st.integers(1, 5), max_size=40))
def test_lines_do_not_depend_on_how_the_output_arrives_and_contain_no_controls(text: str, sizes: list[int]):
    lines = shown(text, sizes)
    assert lines == shown(text, [])
    assert not any(character < " " or "\x7f" <= character <= "\x9f" for line in lines for character in line)


def test_a_line_without_end_is_divided_and_a_progress_bar_is_not_kept():
    lines = OutputLines()
    assert sum(len(line) for _ in range(100) for line in lines.feed("x" * 10_000)) > 900_000
    bar = OutputLines()
    assert [line for _ in range(10_000) for line in bar.feed("\r" + "#" * 80)] == []
    assert bar.finish() == ["#" * 80]
