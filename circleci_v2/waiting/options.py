"""What every wait can be told."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Literal, TypedDict, get_args

import attrs

from circleci_v2._validation import require_one_of
from circleci_v2.waiting.polling import Polling
from circleci_v2.waiting.states import StateChange

__all__ = ["OnHold", "Options", "WaitOptions"]

OnHold = Literal["wait", "return", "approve"]
"""What to do once nothing goes on until a person approves a job."""


class WaitOptions(TypedDict, total=False):
    """Keyword arguments of `trigger_and_wait`, `wait_for_pipeline`, `wait_for_workflow` and `rerun_and_wait`.

    Attributes:
        on_hold: ``"wait"``: for the person, until the deadline. ``"return"``: give what there is, with the status
            ``on_hold``, once nothing else goes on or can follow. ``"approve"``: approve each approval job once, in the
            name of the token's owner. Default: ``"wait"``.
        fail_fast: Return as soon as a workflow fails or is failing, and not when all have ended. Default: False.
        on_change: Called with a `StateChange` for each change of a state; it may be an async function, which is
            cancelled when the time is over. What it raises ends the wait.
        cancel_at_circleci: When this wait is cancelled, also cancel the workflows at CircleCI, those that appear a
            moment later included, for at most 30 seconds; a warning is logged when more may follow. Left alone are those
            of a wait that times out, and of a pipeline or rerun that CircleCI was asked for and did not answer yet.
            Default: False.
        polling: How often to look. Default: after 5 seconds, growing to 30.
    """

    on_hold: OnHold
    fail_fast: bool
    on_change: Callable[[StateChange], Any] | None
    cancel_at_circleci: bool
    polling: Polling


def _is_choice(_: Options, attribute: attrs.Attribute[OnHold], value: OnHold) -> None:
    require_one_of(attribute.name, value, get_args(OnHold))


@attrs.frozen(kw_only=True)
class Options:
    """`WaitOptions`, complete and checked."""

    on_hold: OnHold = attrs.field(default="wait", validator=_is_choice)
    fail_fast: bool = False
    on_change: Callable[[StateChange], Any] | None = None
    cancel_at_circleci: bool = False
    polling: Polling = attrs.field(factory=Polling)

    async def tell(self, change: StateChange) -> None:
        """Tell `on_change` what happened."""
        if self.on_change is not None:
            told = self.on_change(change)
            if inspect.isawaitable(told):
                await told
