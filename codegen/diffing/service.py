"""The service behind two surfaces, compared: where it is, and how it wants to be asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from codegen.diffing.changes import Change, Grade
from codegen.diffing.surface import Surface

__all__ = ["changed_service"]


def changed_service(old: Surface, new: Surface) -> Iterator[Change]:
    """What changed about the servers, and about authentication."""
    yield from _added_or_removed("servers", "server", old.servers, new.servers)
    yield from _added_or_removed("security", "authentication scheme", old.security, new.security)
    yield from _added_or_removed("authentication", "authentication by", old.authentication, new.authentication)
    for name in sorted(old.security.keys() & new.security.keys()):
        if old.security[name] != new.security[name]:
            message = f"the authentication scheme {name!r} is {new.security[name]!r}, was {old.security[name]!r}"
            yield Change(grade=Grade.BREAKS_AT_RUN_TIME, kind="security-changed", subject="security", message=message)


def _added_or_removed(subject: str, what: str, old: Iterable[str], new: Iterable[str]) -> Iterator[Change]:
    for name in sorted({*old} - {*new}):
        message = f"the {what} {name!r} is gone"
        yield Change(grade=Grade.BREAKS_AT_RUN_TIME, kind=f"{subject}-removed", subject=subject, message=message)
    for name in sorted({*new} - {*old}):
        yield Change(grade=Grade.SAFE, kind=f"{subject}-added", subject=subject, message=f"the {what} {name!r} is new")
