"""Polling with a deadline: the options of a wait, and the loop that repeats a check until it succeeds."""

from __future__ import annotations

import inspect
import random
from collections.abc import Awaitable, Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias, TypedDict, TypeVar, get_args

import anyio
import attrs

from circleci_v2._validation import require_one_of
from circleci_v2.errors import (
    APIConnectionError,
    APIError,
    ArgumentTypeError,
    CircleCIError,
    ConfigurationError,
    NotFoundError,
    RateLimitError,
    ServerError,
    WaitTimeoutError,
)
from circleci_v2.waiting.states import StateChange

if TYPE_CHECKING:
    from circleci_v2.models import WorkflowJob

__all__ = ["Decide", "Decision", "OnHold", "Polling", "ResolvedOptions", "WaitOptions", "Watch"]

T = TypeVar("T")

OnHold = Literal["wait", "return", "approve"]
"""How a wait reacts once nothing continues until a person approves or declines a job."""

Decision = Literal["wait", "return", "approve", "cancel"]
"""How a wait reacts to one approval job on hold: ``cancel`` declines the approval, by cancelling its job."""

Decide: TypeAlias = "Callable[[WorkflowJob], Decision | Awaitable[Decision]]"
"""Decides about an approval job on hold; may be an async function."""


@attrs.frozen(kw_only=True)
class Polling:
    """How often to poll, and for how long to distrust what CircleCI does not show yet.

    The default intervals are those of CircleCI's own command-line tool.

    Attributes:
        interval: Seconds from the first poll to the second. Default: 5.
        max_interval: The maximum pause in seconds. Default: 30.
        growth: The factor from each pause to the next. Default: 1.5.
        jitter: The fraction by which each pause is randomly longer or shorter, so that many waits do not poll in
            lockstep. Default: 0.1.
        grace: Seconds for which something new may stay invisible: until then a 404 is not taken as final, a pipeline
            may have no workflow yet, and a setup workflow no successor. Default: 60.
        clock: Returns the time in seconds; only differences matter. Default: the clock of the event loop.
        sleep: Waits for a number of seconds. Default: the sleep of the event loop.
        random: Returns a number from 0 to 1. Default: `random.random`.

    Raises:
        ConfigurationError: A number is out of range; the message says which range is valid.
    """

    interval: float = 5.0
    max_interval: float = 30.0
    growth: float = 1.5
    jitter: float = 0.1
    grace: float = 60.0
    clock: Callable[[], float] = attrs.field(default=anyio.current_time, repr=False)
    sleep: Callable[[float], Awaitable[object]] = attrs.field(default=anyio.sleep, repr=False)
    random: Callable[[], float] = attrs.field(default=random.random, repr=False)

    def __attrs_post_init__(self) -> None:
        for name, ok in (
            ("interval", self.interval > 0),
            ("max_interval", self.max_interval >= self.interval),
            ("growth", self.growth >= 1),
            ("jitter", 0 <= self.jitter < 1),
            ("grace", self.grace >= 0),
        ):
            if not ok:
                msg = (
                    f"Polling({name}={getattr(self, name)!r}) is out of range: interval > 0, max_interval >= interval, "
                    "growth >= 1, 0 <= jitter < 1 and grace >= 0 are required."
                )
                raise ConfigurationError(msg)

    def pauses(self) -> Iterator[float]:
        """Yield the seconds between one poll and the next, endlessly."""
        pause = self.interval
        while True:
            yield pause * (1 + self.jitter * (2 * self.random() - 1))
            pause = min(pause * self.growth, self.max_interval)


class WaitOptions(TypedDict, total=False):
    """Keyword arguments of `trigger_and_wait`, `wait_for_pipeline`, `wait_for_workflow` and `rerun_and_wait`.

    Attributes:
        on_hold: ``"wait"``: wait for the person who approves, until the deadline. ``"return"``: return the result so
            far, with the status ``on_hold``, once nothing else runs or can follow; `jobs.cancel` with the id of an
            approval job then declines that approval. ``"approve"``: pass every manual gate of the pipeline, by approving
            each approval job once in the name of the token's owner. Or a function from an approval job on hold, a
            `WorkflowJob`, to a `Decision` about this job; it is called at each poll until it approves or cancels the job,
            may be an async function, and its errors end the wait. Default: ``"wait"``.
        approve: The names of approval jobs to approve, each once in the name of the token's owner; `on_hold`, which must
            then be ``"wait"`` or ``"return"``, applies to all others. Default: none.
        fail_fast: Return as soon as a workflow fails or is failing, before all have ended. Default: False.
        on_change: Called with a `StateChange` for each change of a state; it may be an async function, which is
            cancelled at the deadline. Its errors end the wait.
        cancel_at_circleci: When this wait is cancelled or times out, also cancel the workflows at CircleCI with all their
            jobs, those that appear a moment later included, for at most 30 seconds; a warning is logged when more may
            follow. Nothing is cancelled before CircleCI has confirmed the pipeline or rerun. Default: False.
        polling: How often to poll. Default: at once, again after about 5 seconds, and then at pauses that grow to about 30
            seconds (at most 33 with the jitter).
    """

    on_hold: OnHold | Decide
    approve: Iterable[str]
    fail_fast: bool
    on_change: Callable[[StateChange], Any] | None
    cancel_at_circleci: bool
    polling: Polling


def _is_choice(_: ResolvedOptions, attribute: attrs.Attribute[Any], value: object) -> None:
    if not callable(value):
        require_one_of(attribute.name, str(value), get_args(OnHold))


def _names(value: Iterable[str]) -> frozenset[str]:
    # A bare string would be iterated letter by letter; it is treated as one name.
    return frozenset([value] if isinstance(value, str) else value)


@attrs.frozen(kw_only=True)
class ResolvedOptions:
    """`WaitOptions` with defaults filled in, validated."""

    on_hold: OnHold | Decide = attrs.field(default="wait", validator=_is_choice)
    approve: frozenset[str] = attrs.field(default=frozenset[str](), converter=_names)
    fail_fast: bool = False
    on_change: Callable[[StateChange], Any] | None = None
    cancel_at_circleci: bool = False
    polling: Polling = attrs.field(factory=Polling)

    @classmethod
    def of(cls, method: str, options: WaitOptions) -> Self:
        """Validate the options of a call.

        Args:
            method: The name of the method that was called, for messages.
            options: The options.

        Raises:
            ConfigurationError: An option is unknown or has an invalid value, or two contradict each other.
        """
        known = [field.name for field in attrs.fields(cls)]
        for name in options:
            if name not in known:
                similar = get_close_matches(name, known, n=1)
                advice = f"did you mean {similar[0]!r}?" if similar else f"pass any of {', '.join(known)}."
                msg = f"{method}() got an unexpected keyword argument {name!r}: {advice}"
                raise ArgumentTypeError(msg)
        resolved = cls(**options)
        if resolved.approve and (callable(resolved.on_hold) or resolved.on_hold == "approve"):
            msg = (
                f"approve={sorted(resolved.approve)!r} and on_hold={resolved.on_hold!r} both select jobs to approve: pass "
                "one of them, or approve= with on_hold='wait' or on_hold='return'."
            )
            raise ConfigurationError(msg)
        return resolved

    @property
    def decides_by_job(self) -> bool:
        """Whether the jobs on hold have to be listed, because they are not all left alone."""
        return self.on_hold == "approve" or callable(self.on_hold) or bool(self.approve)

    async def decide(self, job: WorkflowJob) -> Decision:
        """Decide about an approval job on hold.

        Raises:
            ConfigurationError: The function of the user returned something else than a decision.
        """
        if job.name in self.approve:
            return "approve"
        if not callable(self.on_hold):
            return self.on_hold
        returned = self.on_hold(job)
        decision: object = await returned if inspect.isawaitable(returned) else returned
        for choice in get_args(Decision):
            if decision == choice:
                return choice  # type: ignore[no-any-return]  # one of the literals
        msg = f"on_hold returned {decision!r} for job {job.name!r}: return one of {', '.join(map(repr, get_args(Decision)))}"
        raise ConfigurationError(msg)

    async def notify(self, change: StateChange) -> None:
        """Call `on_change`, and await what it returns if that is awaitable."""
        if self.on_change is not None:
            returned = self.on_change(change)
            if inspect.isawaitable(returned):
                await returned


class Watch:
    """One wait: repeats a check until it returns a result or the deadline has passed.

    Errors that may pass by themselves do not end it: a lost connection, a failing or slow server, a rate limit, and
    during `Polling.grace` a 404. The very first check tolerates nothing but a 404, so that a wrong address is reported
    immediately.

    Args:
        timeout: Seconds until the deadline, from now.
        polling: How often to check.
        cancels: Whether the caller cancels the subject at CircleCI when the deadline has passed, for the message.

    Raises:
        ConfigurationError: The timeout is not positive.
    """

    def __init__(self, *, timeout: float, polling: Polling, cancels: bool = False) -> None:
        if not timeout > 0:
            msg = (
                f"timeout={timeout!r}: a wait needs a positive number of seconds; the pipeline may never end by itself."
            )
            raise ConfigurationError(msg)
        self._timeout = timeout
        self._polling = polling
        self._cancels = cancels
        self._start = polling.clock()
        self._tolerates_errors = False
        self._fatal_error: CircleCIError | None = None
        self._callback: str | None = None

    @property
    def elapsed(self) -> float:
        """Seconds since the wait began."""
        return self._polling.clock() - self._start

    def tolerate_errors(self) -> None:
        """Tolerate errors that may pass from now on, because CircleCI has responded successfully once."""
        self._tolerates_errors = True

    @contextmanager
    def fatal(self, callback: str = "on_change") -> Generator[None, None, None]:
        """Let every error of the block end the wait: for functions of the user, whose errors are not those of a poll.

        Args:
            callback: The option that holds the function.
        """
        self._callback = callback
        try:
            yield
        except CircleCIError as error:
            self._fatal_error = error
            raise
        self._callback = None

    async def until(self, check: Callable[[], Awaitable[T | None]], *, subject: str, seen: Callable[[], object]) -> T:
        """Repeat `check` until it returns a result.

        Args:
            check: Polls CircleCI; returns None while the wait is not over.
            subject: The name of the pipeline or workflow, for the message of the timeout.
            seen: Returns the last known state, for `WaitTimeoutError.seen` and its message.

        Raises:
            WaitTimeoutError: The deadline has passed.
            CircleCIError: A check failed with an error that does not pass by itself.
        """
        error: CircleCIError | None = None
        for pause in self._polling.pauses():
            retry_after = 0.0
            # The last check may begin at the deadline, and still needs time for its requests.
            with anyio.move_on_after(max(self._timeout - self.elapsed, self._polling.interval)):
                try:
                    error = None
                    result = await check()
                    if result is not None:
                        return result
                    self.tolerate_errors()
                except CircleCIError as raised:
                    error = raised
                    retry_after = self._retry_after(raised)
            left = self._timeout - self.elapsed
            if left <= 0 or retry_after > left:
                raise self._timed_out(subject, seen(), error) from error
            await self._polling.sleep(min(max(pause, retry_after), left))
        raise AssertionError  # pragma: no cover - the pauses never end

    def _retry_after(self, error: CircleCIError) -> float:
        """Return the minimum pause after an error that may pass; raise every other error."""
        if error is self._fatal_error:
            raise error
        if isinstance(error, NotFoundError) and self.elapsed < self._polling.grace:
            return 0.0
        if self._tolerates_errors and _is_transient(error):
            return getattr(error, "retry_after", None) or 0.0
        raise error

    def _timed_out(self, subject: str, seen: object, error: CircleCIError | None) -> WaitTimeoutError:
        state = "nothing was seen of it" if seen is None else f"it is {getattr(seen, 'status', 'unknown')} so far"
        trouble = f"; the last poll failed: {error}" if error else ""
        if self._callback is not None:
            trouble = f"; {self._callback} had not returned"
        end = "It is cancelled at CircleCI now." if self._cancels else "It continues at CircleCI."
        msg = f"{subject} has not ended after {self._timeout:g} seconds: {state}{trouble}. {end}"
        return WaitTimeoutError(msg, seen=seen)


def _is_transient(error: CircleCIError) -> bool:
    if isinstance(error, APIError):
        return isinstance(error, ServerError | RateLimitError) or error.status_code == 408
    return isinstance(error, APIConnectionError)
