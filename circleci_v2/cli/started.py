"""Report errors that occur after a pipeline was started as such, so that no script starts it again."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from circleci_v2.cli.exits import CommandError, ExitCode
from circleci_v2.cli.output import print_message
from circleci_v2.cli.runner import describe_error
from circleci_v2.errors import PipelineNotTriggeredError, WaitTimeoutError
from circleci_v2.events import Event, RequestEvent, ResponseEvent

__all__ = ["StartedPipeline"]

_PIPELINE_URL: Final = re.compile(r"/pipeline/([0-9a-f-]{36})\b")


class StartedPipeline:
    """The pipeline that a command starts: whether it was started, and its id once that is known.

    A pipeline counts as started when the POST request has a response with a status of 2xx, even if the body is unusable.

    Attributes:
        id: The id of the pipeline; None while it is unknown.
    """

    def __init__(self) -> None:
        self.id: str | None = None
        self._posts: set[int] = set()
        self._is_started = False

    def __str__(self) -> str:
        return f"Pipeline {self.id}" if self.id else "A pipeline whose id is unknown"

    def observe(self, event: Event) -> None:
        """Take note of an event of the client that starts the pipeline and, perhaps, waits for it."""
        match event:
            case RequestEvent(method="POST"):
                self._posts.add(event.call)
            case RequestEvent() if self._is_started and self.id is None and (found := _PIPELINE_URL.search(event.url)):
                self.id = found[1]
            case ResponseEvent() if event.call in self._posts and 200 <= event.status_code < 300:
                self._is_started = True
            case _:
                pass

    @contextmanager
    def errors_reported(self) -> Generator[None]:
        """Add to every error of the block that the pipeline was started, if it was.

        Raises:
            CommandError: In place of the error. A broken pipe and Ctrl-C keep their exit codes; the addition is printed.
        """
        try:
            yield
        except (PipelineNotTriggeredError, WaitTimeoutError):
            raise  # their messages are complete: no pipeline was created; this pipeline continues
        except BrokenPipeError:
            self._print_addition()
            raise
        except Exception as error:
            if not self._is_started:
                raise
            msg = f"{self} was started, but then an error occurred: {describe_error(error)}"
            raise CommandError(msg, ExitCode.STARTED) from error
        except BaseException:
            self._print_addition()
            raise

    def _print_addition(self) -> None:
        if self._is_started:
            print_message(f"{self} was started and continues at CircleCI.")
