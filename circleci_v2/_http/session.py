"""Session: sends a request and returns its response, as retry loop -> cooldown -> rate limiter -> shielded send.

1. The *retry loop* (`Session.send`) repeats attempts as `circleci_v2.policies.RetryPolicy` allows, and turns the last
   outcome into an error. It holds nothing while it sleeps.
2. An attempt waits until its bucket's *cooldown* is over, which a 429 starts for all calls of the bucket, and until the
   *rate limiter* grants a permit (`rate_limit.limiter`). A waiting call holds no permit.
3. While it holds the permit, the attempt runs as a *shielded send* (`lifecycle.Lifecycle.run`): the request is sent and
   the response read (`sender.Sender`), and no cancellation leaves a connection behind.

`Session.stream` is the same loop for a body that is read by its consumer.
"""

from __future__ import annotations

import itertools
import logging
import math
import random as _random
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, cast

from circleci_v2._http.auth import Credential, Credentials, TokenHosts
from circleci_v2._http.headers import scan_headers
from circleci_v2._http.lifecycle import Lifecycle, RunCancelledError, SessionClock, SystemClock, run_to_completion
from circleci_v2._http.logging import Instrumentation, log_to_stderr, logger
from circleci_v2._http.prepared_request import CallOptions, CallState, PreparedRequest
from circleci_v2._http.rate_limit.fixed_window import WindowFullError
from circleci_v2._http.rate_limit.limiter import CooldownError, Permit
from circleci_v2._http.rate_limit.limits import Limits
from circleci_v2._http.sender import CLIENT_CLOSED, RawResponse, Sender, TransportFailure
from circleci_v2._http.transports.factory import Transports
from circleci_v2._lazy import LazyModule
from circleci_v2._wire.request import Request
from circleci_v2.config import AsyncTransport, Settings

if TYPE_CHECKING:
    import anyio
    import httpx

    from circleci_v2._http import error_mapping
    from circleci_v2._http.streaming import StreamingAttempt
    from circleci_v2.events import Event
    from circleci_v2.response import StreamedBody
else:
    anyio = LazyModule("anyio")
    error_mapping = LazyModule("circleci_v2._http.error_mapping")

__all__ = ["CallOptions", "Session"]


class Session:
    """Sends requests and reads responses, for all tasks of one event loop.

    Args:
        settings: The settings of the client.
        transport: A transport to use instead of the client's own connections; it is closed with the session.
        clock: The time; tests replace it. Default: that of the transport if it has one, else that of this machine.
        random: Returns numbers in [0, 1), for the jitter of waits; tests replace it.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        transport: AsyncTransport | None = None,
        clock: SessionClock | None = None,
        random: Callable[[], float] = _random.random,
    ) -> None:
        if settings.log is not None:
            log_to_stderr(settings.log)
        self._base_url = settings.base_url
        self._default_options = CallOptions.of(settings)
        # The transport of a fake brings a clock in which waits take no real time.
        own: SessionClock | None = getattr(transport, "session_clock", None)
        self._clock = clock or own or SystemClock()
        self._random = random
        self._credentials = Credentials(settings)
        self._token_hosts = TokenHosts(settings)
        self._transports = Transports(settings, transport)
        self._has_listener = settings.on_event is not None
        self._instrumentation = Instrumentation(settings.on_event)
        limit, allow_http = settings.max_response_bytes, settings.connection.allow_http
        self._sender = Sender(self._transports, max_response_bytes=limit, allow_http=allow_http)
        token, on_outage = self._credentials.token, self._instrumentation.store_changed
        self._limits = Limits(settings, clock=self._clock, token=token, on_outage=on_outage)
        self._limiter, self._published = self._limits.limiter, self._limits.published
        self._sequence = itertools.count(1)
        self._lifecycle = Lifecycle(needs_shield=self._transports.need_shield)

    async def send(self, request: Request, options: CallOptions | None = None) -> RawResponse:
        """Send a request, repeatedly where that is safe, and return the response when its status is below 300.

        Args:
            request: The request.
            options: Options of this call. Default: those of the client.

        Raises:
            APIError: The last response had a status of 300 or above.
            APIConnectionError: There was no complete response.
            DecodeError: The response is longer than the client accepts.
            ConfigurationError: The client was closed, or belongs to another event loop; or the request cannot be sent as
                it is.
        """
        self._lifecycle.check()
        options = options or self._default_options
        prepared = PreparedRequest.for_operation(request, base_url=self._base_url, timeout=options.timeout)
        call = CallState(prepared, options, sequence=next(self._sequence), queued_at=self._clock.now())
        while True:
            outcome = await self._attempt(call)
            if isinstance(outcome, RawResponse) and outcome.status_code < 300:
                outcome.attempts = call.attempt
                outcome.elapsed = self._clock.now() - call.queued_at
                return outcome
            await self._wait_before_retry(call, outcome)

    @asynccontextmanager
    async def stream(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        authenticate: bool,
        decode_content: bool = False,
        options: CallOptions | None = None,
    ) -> AsyncGenerator[StreamedBody]:
        """GET any URL, and read the body chunk by chunk.

        Failures before the body begins are retried as by `send`; later ones are raised while reading.

        Args:
            url: The complete URL.
            headers: Additional headers, for example ``Range``. Other origins that `url` redirects to receive only those
                that cannot hold credentials.
            authenticate: Whether the token is sent to the origin of `url`; never to others that it redirects to.
            decode_content: Whether to decode a body with a ``Content-Encoding``.
            options: Options of this call. Default: those of the client.

        Yields:
            The open response.

        Raises:
            APIError: The last response had a status of 300 or above.
            APIConnectionError: There was no response, or the body broke off while it was read.
            DecodeError: An error response is longer than the client accepts, or the encoding of the body is unknown.
            InvalidURLError: `url` is not an http or https URL, or must not receive the token.
            ConfigurationError: The client was closed, or belongs to another event loop, or a header is invalid.
        """
        self._lifecycle.check()
        options = options or self._default_options
        timeout = options.timeout
        request = PreparedRequest.for_download(url, headers=headers or {}, authenticate=authenticate, timeout=timeout)
        if authenticate:
            self._token_hosts.check(request.url)
        call = CallState(request, options, sequence=next(self._sequence), queued_at=self._clock.now())
        while True:
            credential = (self._credentials.static or await self._credentials.fetch()) if authenticate else None
            call.credential = credential
            permit = await self._acquire(call)
            async with self._streaming_attempt(call, permit, credential, decode_content=decode_content) as outcome:
                if not isinstance(outcome, RawResponse | TransportFailure):
                    yield outcome
                    return
            await self._wait_before_retry(call, outcome)

    def emit(self, event: Event) -> None:
        """Pass an event from a layer above to the user's ``on_event``."""
        self._instrumentation.emit(event)

    async def aclose(self) -> None:
        """Close every connection and fail the calls that are waiting or in flight; a second time is a no-op.

        Raises:
            ConfigurationError: The client belongs to another event loop.
        """
        if self._lifecycle.is_closed:
            return
        self._lifecycle.close()
        self._limiter.close()
        # Not interruptible: a second call would be a no-op, and so would not finish the work.
        await run_to_completion(self._close_connections)

    async def _close_connections(self) -> None:
        # First the requests in flight: a transport does not know a connection that is still being established.
        await self._lifecycle.cancel_in_flight()
        await self._transports.aclose()
        await self._limits.aclose()

    async def _attempt(self, call: CallState) -> RawResponse | TransportFailure:
        """Send the request of a call once, when the limits allow it."""
        request = call.request
        # Before the permit is acquired: an async token function may take its time.
        call.credential = credential = self._credentials.static or await self._credentials.fetch()
        permit = await self._acquire(call)
        try:
            if call.is_observed:
                self._report_start(call, permit)
            try:
                seconds = call.deadline_at - call.started_at
                outcome = await self._lifecycle.run(self._sender.send, request, credential, seconds=seconds)
            except RunCancelledError:
                is_closed = self._lifecycle.is_closed
                outcome = CLIENT_CLOSED if is_closed else TransportFailure.for_deadline(call.retry.deadline)
            except BaseException as error:
                self._report_abort(call, error)
                raise
            self._settle(call, permit, outcome)
            return outcome
        finally:
            self._limiter.release(permit)

    @asynccontextmanager
    async def _streaming_attempt(
        self, call: CallState, permit: Permit, credential: Credential | None, *, decode_content: bool
    ) -> AsyncGenerator[StreamedBody | RawResponse | TransportFailure]:
        """Open a streamed response once; a child task reads its body while the block runs."""
        from circleci_v2._http.streaming import StreamingAttempt  # noqa: PLC0415 - many programs stream nothing

        attempt = StreamingAttempt(
            self._sender,
            call.request,
            credential,
            decode_content=decode_content,
            lifecycle=self._lifecycle,
            make_error=lambda failure: error_mapping.error_for_failure(call.info(), failure),
        )
        failure: BaseException | None = None
        try:
            if call.is_observed:
                self._report_start(call, permit)
            async with anyio.create_task_group() as group:
                group.start_soon(attempt.run)
                try:
                    outcome = await self._opened(call, attempt)
                    self._settle(call, permit, outcome)
                    yield outcome
                except anyio.get_cancelled_exc_class():
                    raise
                except BaseException as error:  # noqa: BLE001 - raised below, outside the group, which would wrap it
                    failure = error
                group.cancel_scope.cancel()
        finally:
            attempt.close()
            self._limiter.release(permit)
        if failure is not None:
            raise failure

    async def _opened(
        self, call: CallState, attempt: StreamingAttempt
    ) -> StreamedBody | RawResponse | TransportFailure:
        try:
            with anyio.move_on_after(call.remaining(self._clock.now())):
                return await attempt.outcome()
        except BaseException as error:
            self._report_abort(call, error)
            raise
        return TransportFailure.for_deadline(call.retry.deadline)

    async def _acquire(self, call: CallState) -> Permit:
        """Wait until the limits allow a call to be sent, and begin an attempt."""
        request, window_wait = call.request, 0.0
        if request.operation_id is not None and request.operation_id in self._published.windows:
            window_wait = await self._acquire_window(call, request.operation_id)
        try:
            permit = self._limiter.try_acquire(
                request.bucket, interactive=call.interactive
            ) or await self._acquire_in_turn(call)
        except BaseException:
            self._release_window(call)
            raise
        if call.waits_in_queue:
            # The same start as that of the delay in the `RetryEvent`.
            permit.waited = self._clock.now() - call.rejected_at
        permit.waited += window_wait
        call.attempt += 1
        call.started_at = now = self._clock.now()
        if call.attempt == 1:
            call.deadline_at = now + (math.inf if call.retry.deadline is None else call.retry.deadline)
        call.is_observed = self._has_listener or logger.isEnabledFor(logging.INFO)
        return permit

    async def _acquire_window(self, call: CallState, operation_id: str) -> float:
        """Wait until a published limit allows a call, and count it; return the seconds that this took."""
        call.counted_at, began_at = None, self._clock.now()
        if self._published.window_for(operation_id) is None:
            return 0.0
        sleep, path = partial(self._lifecycle.sleep, self._clock), call.request.url.path
        try:
            call.counted_at = await self._published.acquire(
                operation_id, path, now=self._clock.now, sleep=sleep, remaining=call.remaining
            )
        except WindowFullError as full:
            raise error_mapping.fixed_window_error(call.info(), full.seconds, full.window) from None
        return 0.0 if call.counted_at is None else call.counted_at - began_at

    def _release_window(self, call: CallState) -> None:
        """Uncount an attempt that did not reach CircleCI."""
        if call.counted_at is not None and call.request.operation_id is not None:
            self._published.release(call.request.operation_id, call.request.url.path, call.counted_at)

    async def _acquire_in_turn(self, call: CallState) -> Permit:
        now = self._clock.now()
        # A call that was not sent yet may queue for longer than its deadline, but not in a cooldown.
        timeout = math.inf if call.attempt == 0 else call.remaining(now)
        try:
            # Thousands of calls may queue without a timeout, and a cancel scope for each has a cost.
            with nullcontext() if timeout == math.inf else anyio.fail_after(timeout):
                return await self._limiter.acquire(
                    call.request.bucket,
                    interactive=call.interactive,
                    sequence=call.sequence,
                    max_wait=call.max_wait(now),
                    max_delay=timeout,
                )
        except CooldownError as cooldown:
            raise error_mapping.cooldown_error(call.info(), cooldown.seconds, cooldown.rejection) from None
        except TimeoutError:
            if call.rejection is not None:
                raise call.rejection from None
            raise error_mapping.error_for_failure(
                call.info(), TransportFailure.for_queue(call.retry.deadline)
            ) from None

    def _report_start(self, call: CallState, permit: Permit) -> None:
        self._instrumentation.attempt_started(call.info(), bucket=permit.bucket.name, waited=permit.waited)

    def _report_abort(self, call: CallState, error: BaseException) -> None:
        """Report an attempt that was cancelled, or whose response was not accepted."""
        kind, message = type(error).__name__, str(error) or "the call was cancelled"
        elapsed = self._clock.now() - call.started_at
        self._instrumentation.attempt_failed(call.info(), kind=kind, message=message, elapsed=elapsed)

    def _settle(self, call: CallState, permit: Permit, outcome: RawResponse | StreamedBody | TransportFailure) -> None:
        """Apply the outcome of an attempt to the rate limiter, and report it."""
        elapsed = self._clock.now() - call.started_at
        call.waits_in_queue, call.rejection = False, None
        if isinstance(outcome, TransportFailure):
            if outcome.kind == "never sent":
                self._release_window(call)
            call.pause = call.retry.delay(call.attempt, retry_after=None, random=self._random)
            self._instrumentation.attempt_failed(
                call.info(), kind=outcome.name, message=outcome.message, elapsed=elapsed
            )
            return
        # Those of a streamed body are the same, with a wider type.
        limit, is_deprecated = scan_headers(cast("httpx.Headers", outcome.headers).raw)
        if call.is_observed:
            self._instrumentation.response_received(
                call.info(),
                status_code=outcome.status_code,
                elapsed=elapsed,
                size=len(outcome.content) if isinstance(outcome, RawResponse) else 0,
                headers=outcome.headers,
                rate_limit=limit,
            )
        if is_deprecated:
            self._instrumentation.deprecated(call.info(), outcome.headers)
        if not isinstance(outcome, RawResponse):
            self._limiter.accepted(permit, limit)
            # Apply rate-limit headers as soon as they arrive; don't wait for the body.
            self._limiter.dispatch()
            return
        outcome.rate_limit = limit
        if outcome.status_code >= 300:
            call.pause = call.retry.delay(call.attempt, retry_after=outcome.retry_after, random=self._random)
        if outcome.status_code == 429:
            self._start_cooldown(call, permit, outcome)
        else:
            self._limiter.accepted(permit, limit)

    def _start_cooldown(self, call: CallState, permit: Permit, response: RawResponse) -> None:
        """Apply a 429 to the rate limiter; the call waits for the end of the cooldown if there is one."""
        call.rejection = error_mapping.error_for_response(call.info(), response)
        cooldown = self._limiter.rejected(
            permit,
            response.rate_limit,
            pause=call.pause,
            retry_after=response.retry_after,
            rejection=call.rejection,
        )
        call.rejected_at = self._clock.now()
        if cooldown and cooldown >= (response.retry_after or 0.0):
            call.waits_in_queue, call.pause = True, cooldown

    async def _wait_before_retry(self, call: CallState, outcome: RawResponse | TransportFailure) -> None:
        """Sleep before the next attempt, or raise the error of the last one if there is to be none."""
        failed = error_mapping.FailedAttempt.of(call, outcome)
        if not failed.may_retry or call.pause > call.max_wait(self._clock.now()):
            raise failed.error from failed.origin
        call.note_unknown_effect(failed.cause)
        self._instrumentation.retry_scheduled(call.info(), reason=failed.reason, delay=call.pause)
        # In a cooldown, the call waits for its end like all others of the bucket.
        if not call.waits_in_queue:
            await self._lifecycle.sleep(self._clock, call.pause)
