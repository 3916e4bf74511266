"""Session: from a described request to its answer, as retry( gate( limiter( isolated send and read ))).

What waits holds no place in the limiter; what holds a place runs isolated, so that no cancellation leaves anything
behind; and what may not be sent twice is not.
"""

from __future__ import annotations

import itertools
import math
import random as _random
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, nullcontext
from typing import Final

import anyio
import httpx

from circleci_v2._http.auth import Credentials
from circleci_v2._http.clock import Clock, SystemClock
from circleci_v2._http.error_mapping import error_from, gate_error, no_answer_error, published_error
from circleci_v2._http.headers import is_deprecated, read_rate_limit
from circleci_v2._http.instrumentation import Observer
from circleci_v2._http.isolation import EndedError, isolated
from circleci_v2._http.lifecycle import Lifetime
from circleci_v2._http.logging import log_to_stderr
from circleci_v2._http.prepared_request import Call, CallOptions
from circleci_v2._http.rate_limit.adaptive import budget_for
from circleci_v2._http.rate_limit.fixed_window import PUBLISHED_LIMITS, PublishedLimit, PublishedLimits
from circleci_v2._http.rate_limit.limiter import Admission, GateClosedError, Limiter
from circleci_v2._http.sender import CLIENT_CLOSED, Answer, NoAnswer, Outgoing, Sender, TooLongError
from circleci_v2._http.streaming import Download
from circleci_v2._http.transports.factory import Transports
from circleci_v2._wire.request import Request
from circleci_v2.config import Settings
from circleci_v2.errors import APIConnectionError, APIError, DecodeError
from circleci_v2.events import Event
from circleci_v2.policies import Failure, RateLimit
from circleci_v2.response import Response, StreamedBody

__all__ = ["CallOptions", "Session"]

_NO_OPTIONS: Final = CallOptions()


class Session:
    """Sends requests and reads their answers, for all tasks of one event loop.

    Args:
        settings: The settings of the client.
        transport: Carries all requests, instead of connections of our own. It is closed with the exchange.
        clock: The time, for tests.
        random: Gives numbers from 0 up to 1, for the spread of waits.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Clock | None = None,
        random: Callable[[], float] = _random.random,
    ) -> None:
        if settings.log is not None:
            log_to_stderr(settings.log)
        self._settings = settings
        self._clock = clock or SystemClock()
        self._random = random
        self._credentials = Credentials(settings)
        self._transports = Transports(settings, transport)
        self._observer = Observer(settings.on_event)
        self._sender = Sender(
            self._transports,
            max_response_bytes=settings.max_response_bytes,
            allow_http=settings.connection.allow_http,
        )
        self._limiter = Limiter(
            max_concurrency=settings.max_concurrency,
            clock=self._clock,
            new_budget=lambda: budget_for(settings.rate_limit),
        )
        self._numbers = itertools.count(1)
        self._lifetime = Lifetime()
        self._published = PublishedLimits(PUBLISHED_LIMITS if settings.rate_limit.enabled else {})

    async def send(self, request: Request, options: CallOptions = _NO_OPTIONS) -> Response[None]:
        """Send a request, again where that is safe, until it is answered or given up.

        Args:
            request: What to send.
            options: What is different for this call.

        Raises:
            APIError: CircleCI refused or failed.
            APIConnectionError: No whole answer arrived.
            DecodeError: The answer is longer than the client accepts.
            ConfigurationError: The client was closed, or belongs to another event loop.
            ValueError: The path cannot be sent as it is.
        """
        self._lifetime.check()
        call = Call.of_request(request, options, self._settings, number=next(self._numbers), now=self._clock.now())
        while True:
            outcome, limit = await self._attempt(call)
            if isinstance(outcome, Answer) and outcome.status < 300:
                return Response(
                    status_code=outcome.status,
                    headers=outcome.headers,
                    content=outcome.content,
                    parsed=None,
                    attempts=call.attempt,
                    elapsed=self._clock.now() - call.queued_at,
                    rate_limit=limit,
                )
            await self._before_another(call, outcome)

    @asynccontextmanager
    async def stream(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        authenticate: bool = False,
        options: CallOptions = _NO_OPTIONS,
    ) -> AsyncGenerator[StreamedBody]:
        """GET any address, and read the body as it comes.

        What fails before the body begins is tried again as `send` does; what fails later is raised while reading.

        Args:
            url: The whole address.
            headers: More headers, for example ``Range``. Hosts it redirects to never get those with credentials.
            authenticate: Whether the host of this address gets the token. Hosts it redirects to never do.
            options: What is different for this call.

        Yields:
            The open answer.

        Raises:
            APIError: The server refused or failed.
            APIConnectionError: No answer arrived, or (while reading) it broke off.
            DecodeError: The server refused, and said so at greater length than the client accepts.
            ConfigurationError: The client was closed, or belongs to another event loop.
            ValueError: It is no address.
        """
        self._lifetime.check()
        call = Call.of_download(
            url,
            headers or {},
            options,
            self._settings,
            authenticate=authenticate,
            number=next(self._numbers),
            now=self._clock.now(),
        )
        while True:
            outgoing = await self._outgoing(call)
            admission = await self._admitted(call)
            async with self._download(call, outgoing, admission) as outcome:
                if isinstance(outcome, StreamedBody):
                    yield outcome
                    return
            await self._before_another(call, outcome)

    def tell(self, event: Event) -> None:
        """Tell the user's function of something that was met above the exchange."""
        self._observer.tell(event)

    async def aclose(self) -> None:
        """Close every connection, and send away whoever waits; a second time does nothing.

        Raises:
            ConfigurationError: The client belongs to another event loop.
        """
        if self._lifetime.is_over:
            return
        self._lifetime.end()
        self._limiter.close()
        # Nothing stops this halfway: a second call would not take up what is left.
        await isolated(self._close_connections)

    async def _close_connections(self) -> None:
        with anyio.CancelScope(shield=True):
            # A connection that is being made is no connection yet, which a transport would close.
            await self._lifetime.end_what_is_under_way()
            await self._transports.aclose()

    @asynccontextmanager
    async def _download(
        self, call: Call, outgoing: Outgoing, admission: Admission
    ) -> AsyncGenerator[StreamedBody | Answer | NoAnswer]:
        """One attempt to open an answer, whose body is read by a child while the block goes on."""
        download = Download(self._sender, outgoing, self._lifetime, lambda broken: no_answer_error(call.seen(), broken))
        failure: BaseException | None = None
        try:
            started = self._begin(call, admission)
            async with anyio.create_task_group() as group:
                group.start_soon(download.run)
                try:
                    outcome = await self._opened(call, download, started)
                    self._settle(call, admission, outcome, started)
                    yield outcome
                except anyio.get_cancelled_exc_class():
                    raise
                except BaseException as error:  # noqa: BLE001 - raised again, outside the group
                    failure = error
                group.cancel_scope.cancel()
        finally:
            download.close()
            admission.leave()
        if failure is not None:
            raise failure

    async def _opened(self, call: Call, download: Download, started: float) -> StreamedBody | Answer | NoAnswer:
        try:
            with anyio.move_on_after(call.left(self._clock.now())):
                return await download.outcome()
        except BaseException as error:
            self._ended(call, error, started)
            if isinstance(error, TooLongError):
                raise _too_long(call, error) from None
            raise
        return _past_deadline(call)

    async def _attempt(self, call: Call) -> tuple[Answer | NoAnswer, RateLimit | None]:
        # The token first: a function of the user gives it, which may take its time.
        outgoing = await self._outgoing(call)
        admission = await self._admitted(call)
        try:
            started = self._begin(call, admission)
            try:
                outcome = await self._sent(call, outgoing)
            except BaseException as error:
                self._ended(call, error, started)
                raise
            return outcome, self._settle(call, admission, outcome, started)
        finally:
            admission.leave()

    async def _sent(self, call: Call, outgoing: Outgoing) -> Answer | NoAnswer:
        seconds, scope = call.left(self._clock.now()), self._lifetime.begin()
        try:
            return await isolated(lambda: self._sender.send(outgoing), seconds=seconds, scope=scope)
        except EndedError:
            return CLIENT_CLOSED if self._lifetime.is_over else _past_deadline(call)
        except TooLongError as error:
            raise _too_long(call, error) from None
        finally:
            self._lifetime.finish(scope)

    async def _outgoing(self, call: Call) -> Outgoing:
        return Outgoing(
            method=call.method,
            url=call.url,
            headers=call.headers,
            content=call.content,
            credential=await self._credentials.current() if call.authenticate else None,
            timeout=call.timeout,
        )

    async def _admitted(self, call: Call) -> Admission:
        limit = self._published.of(call.operation_id)
        waited = await self._keep(limit, call) if limit else 0.0
        try:
            at_once = self._limiter.admit_at_once(call.bucket, urgent=call.urgent)
            admission = at_once or await self._admitted_in_turn(call)
        except BaseException:
            self._give_back(call)
            raise
        admission.waited += waited
        return admission

    async def _keep(self, limit: PublishedLimit, call: Call) -> float:
        """Wait until a published limit leaves room for a call, and count it; gives the seconds that this took."""
        assert call.operation_id is not None  # noqa: S101 - it has a limit
        call.counted_at, came_at = None, self._clock.now()
        while seconds := self._published.take(call.operation_id, call.url.path, now := self._clock.now()):
            if seconds > call.left(now):
                raise published_error(call.seen(), seconds, limit)
            await self._lifetime.sleep(self._clock, seconds)
        call.counted_at = now
        return now - came_at

    def _give_back(self, call: Call) -> None:
        """An attempt has not reached CircleCI, and counts against no limit."""
        if call.operation_id is not None and call.counted_at is not None:
            self._published.give_back(call.operation_id, call.url.path, call.counted_at)

    async def _admitted_in_turn(self, call: Call) -> Admission:
        patience = call.left(self._clock.now())
        # Who is sent for the first time may stand in line for longer than that, but not before a closed gate.
        bound = math.inf if call.sent_at is None else patience
        try:
            # Thousands may stand there without a bound, and a scope for each of them is not free.
            with nullcontext() if bound == math.inf else anyio.fail_after(bound):
                admission = await self._limiter.admit(
                    call.bucket, urgent=call.urgent, order=call.number, patience=patience
                )
        except GateClosedError as closed:
            raise gate_error(call.seen(), closed.seconds, closed.refusal) from None
        except TimeoutError:
            text = f"no place in line within the deadline of {call.retry.deadline:g} s"
            late = NoAnswer(failure="never sent", name="Timeout", text=text, timed_out=True)
            raise no_answer_error(call.seen(), late) from None
        return admission

    def _begin(self, call: Call, admission: Admission) -> float:
        now = self._clock.now()
        call.begin(now)
        if self._observer.is_heard():
            if admission.waited:
                self._observer.waited(call.seen(), bucket=admission.bucket, seconds=admission.waited)
            self._observer.sending(call.seen())
        return now

    def _ended(self, call: Call, error: BaseException, started: float) -> None:
        """Tell of an attempt that was cancelled, or whose answer cannot be taken."""
        text = f"{type(error).__name__}: {str(error) or 'the call was cancelled'}"
        self._observer.failed(call.seen(), error=text, elapsed=self._clock.now() - started)

    def _settle(
        self, call: Call, admission: Admission, outcome: Answer | NoAnswer | StreamedBody, started: float
    ) -> RateLimit | None:
        """Tell the limiter and the observer what came of an attempt."""
        elapsed = self._clock.now() - started
        if isinstance(outcome, NoAnswer):
            if outcome.failure == "never sent":
                self._give_back(call)
            call.pause = call.retry.delay(call.attempt, retry_after=None, random=self._random)
            self._observer.failed(call.seen(), error=f"{outcome.name}: {outcome.text}", elapsed=elapsed)
            return None
        status = outcome.status if isinstance(outcome, Answer) else outcome.status_code
        limit = read_rate_limit(outcome.headers.items())
        if self._observer.is_heard():
            size = len(outcome.content) if isinstance(outcome, Answer) else 0
            self._observer.answered(
                call.seen(), status=status, elapsed=elapsed, size=size, headers=outcome.headers, limit=limit
            )
        if is_deprecated(outcome.headers):
            self._observer.deprecated(call.seen(), outcome.headers)
        if isinstance(outcome, StreamedBody):
            admission.opened(limit)
            return limit
        if status < 300:
            admission.accepted(limit)
            return limit
        call.pause = call.retry.delay(call.attempt, retry_after=outcome.retry_after, random=self._random)
        if status == 429:
            admission.refused(limit, pause=call.pause, refusal=error_from(call.seen(), outcome))
        else:
            admission.accepted(limit)
        return limit

    async def _before_another(self, call: Call, outcome: Answer | NoAnswer) -> None:
        """Wait for the next attempt; raise what the last one came to if there is to be none."""
        if isinstance(outcome, Answer):
            error: APIError | APIConnectionError = error_from(call.seen(), outcome)
            cause: int | Failure = outcome.status
            reason, final = str(outcome.status), outcome.status < 400
        else:
            error = no_answer_error(call.seen(), outcome)
            reason, cause, final = outcome.name, outcome.failure, outcome.final
        may = not final and call.retry.allows(call.attempt, method=call.method, cause=cause)
        if not may or call.pause > call.left(self._clock.now()):
            raise error from (outcome.cause if isinstance(outcome, NoAnswer) else None)
        self._observer.retrying(call.seen(), reason=reason, delay=call.pause)
        # After a 429 the gate of the bucket is closed for that long, and the call waits before it like all others.
        if cause != 429:
            await self._lifetime.sleep(self._clock, call.pause)


def _past_deadline(call: Call) -> NoAnswer:
    text = f"no whole answer within the deadline of {call.retry.deadline:g} s"
    return NoAnswer(failure="broken", name="Timeout", text=text, timed_out=True, final=True)


def _too_long(call: Call, error: TooLongError) -> DecodeError:
    return DecodeError(str(error), operation_id=call.operation_id)
