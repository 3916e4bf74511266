"""Set an environment variable in one place, or rotate it in every context and project of an organization.

Nothing is ever deleted: a variable is overwritten, so that no failure can lose it. Values are write-only at CircleCI; here
they are in no result, log record or event, and are redacted from errors if they have at least 6 characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol
from uuid import UUID

import attrs

from circleci_v2 import models
from circleci_v2._http.logging import register_secret
from circleci_v2._unpublished import UnpublishedClient
from circleci_v2._validation import require_at_least_one
from circleci_v2.bulk import map_concurrently
from circleci_v2.errors import CircleCIError, ConfigurationError, NotFoundError
from circleci_v2.history.organization import ProjectSource, organization_projects
from circleci_v2.slugs import OrgSlug, ProjectSlug

if TYPE_CHECKING:
    from circleci_v2.models import Context
    from circleci_v2.namespaces import Contexts, Insights, Organizations, Pipelines, Projects

__all__ = [
    "Action",
    "Rotation",
    "VariableOutcome",
    "VariablePlace",
    "rotate_environment_variable",
    "set_environment_variable",
]

Action = Literal["created", "replaced", "would replace", "failed"]
"""``created`` and ``replaced`` say whether the variable existed before; ``would replace`` is the result of a dry run."""

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,299}")
"""The rule of CircleCI's API document for `contexts.set_environment_variable`."""

_MASK: Final = "xxxx"


class VariablesClient(UnpublishedClient, Protocol):
    """The part of the client that finds and sets environment variables."""

    @property
    def contexts(self) -> Contexts:
        """The operations on contexts."""
        ...

    @property
    def projects(self) -> Projects:
        """The operations on projects."""
        ...

    @property
    def organizations(self) -> Organizations:
        """The operations on organizations."""
        ...

    @property
    def insights(self) -> Insights:
        """The operations on insights."""
        ...

    @property
    def pipelines(self) -> Pipelines:
        """The operations on pipelines."""
        ...


@attrs.frozen(kw_only=True)
class VariablePlace:
    """A context or project; or the list of all of them, where that could not be read.

    Attributes:
        kind: ``context`` or ``project``; or ``contexts`` or ``projects`` for a list.
        name: The name of the context, the slug of the project, or the organization of the list.
        id: The UUID of the context; None for all others.
    """

    kind: Literal["context", "project", "contexts", "projects"]
    name: str
    id: UUID | None = None

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@attrs.frozen(kw_only=True)
class VariableOutcome:
    """The result for one place.

    Attributes:
        place: The place.
        action: The action that was taken.
        error: The error, when `action` is ``failed``.
    """

    place: VariablePlace
    action: Action
    error: CircleCIError | None = None


@attrs.frozen(kw_only=True)
class Rotation:
    """The result of `rotate_environment_variable`.

    Attributes:
        name: The variable.
        outcomes: An outcome for each place that has the variable, and for each that could not be looked at.
    """

    name: str
    outcomes: Sequence[VariableOutcome]

    @property
    def failed(self) -> list[VariableOutcome]:
        """The places that failed or could not be looked at; call again, with ``previous=`` this result, to finish them."""
        return [outcome for outcome in self.outcomes if outcome.action == "failed"]

    @property
    def is_complete(self) -> bool:
        """Whether every place was looked at, and no place failed."""
        return not self.failed


async def set_environment_variable(
    circleci: VariablesClient, place: Context | ProjectSlug | UUID | str, name: str, value: str
) -> VariableOutcome:
    """Create an environment variable of a context or project, or overwrite the existing one.

    The call may be repeated. It deletes nothing, so that a failure leaves the variable as it was.

    Args:
        circleci: The client.
        place: A context or its UUID; or a project slug, for example ``gh/acme/web``.
        name: The name of the variable: a letter or ``_``, then letters, digits or ``_``.
        value: The value.

    Returns:
        The place, and whether the variable was created or replaced.

    Raises:
        ConfigurationError: `place` is none of these, `name` is not a valid name, or `value` is empty.
        APIError: CircleCI rejected the request; a context that does not exist is a `PermissionDeniedError`.
        CircleCIError: CircleCI shows another value for the variable afterwards.
    """
    _check(name, value)
    secret = _Secret(value)
    found = _place_of(place)
    existed = await _exists(circleci, found, name)
    return await _write(circleci, found, name, secret, existed=existed)


async def rotate_environment_variable(
    circleci: VariablesClient,
    name: str,
    value: str | None,
    *,
    organization: OrgSlug | str,
    contexts: bool = True,
    projects: bool = True,
    dry_run: bool = False,
    sources: Iterable[ProjectSource] = ("insights", "pipelines"),
    concurrency: int = 8,
    previous: Rotation | None = None,
    on_outcome: Callable[[VariableOutcome], object] | None = None,
) -> Rotation:
    """Give an environment variable a new value wherever an organization has it.

    Every context and project is looked at, and those that have the variable get the value. A place that fails does not end
    the rotation, and neither does one that cannot be looked at: both are outcomes with an error. The call may be repeated
    until `Rotation.is_complete`, with `previous` to leave out the places that are done.

    Args:
        circleci: The client.
        name: The name of the variable.
        value: The new value; may be None with `dry_run`.
        organization: The organization, for example ``gh/acme``.
        contexts: Whether to rotate it in contexts. Default: True.
        projects: Whether to rotate it in projects. Default: True.
        dry_run: Whether to find the places only, and change nothing. Default: False.
        sources: Where to find the projects; see `organization_projects`. No source is complete.
        concurrency: The maximum number of places at a time. Default: 8.
        previous: The result of an earlier call with the same value: places that it replaced are left out.
        on_outcome: Called with each outcome as it happens.

    Returns:
        An outcome for each place; none for places without the variable.

    Raises:
        InvalidSlugError: `organization` is not an organization slug.
        ConfigurationError: `name` is not a valid name, `value` is empty, or another argument is out of range.
    """
    _check(name, value, may_be_missing=dry_run)
    require_at_least_one("concurrency", concurrency, "place")
    slug = OrgSlug(organization)
    done = (
        {}
        if previous is None
        else {outcome.place: outcome for outcome in previous.outcomes if outcome.action == "replaced"}
    )
    search = _Search(circleci, slug.canonical, contexts=contexts, projects=projects, sources=sources)
    secret = _Secret(value or "")

    async def rotate(place: VariablePlace) -> VariableOutcome | None:
        if place in done:
            return None
        try:
            if not await _exists(circleci, place, name):
                return None
            if dry_run:
                return VariableOutcome(place=place, action="would replace")
            return await _write(circleci, place, name, secret, existed=True)
        except CircleCIError as error:
            return VariableOutcome(place=place, action="failed", error=error)

    places = await search.places()
    outcomes: list[VariableOutcome] = []

    def report(outcome: VariableOutcome) -> None:
        outcomes.append(outcome)
        if on_outcome is not None:
            on_outcome(outcome)

    async with map_concurrently(rotate, places, concurrency=concurrency, ordered=True) as results:
        async for result in results:
            if result.result is not None:
                report(result.result)
    for failure in search.failures:
        report(failure)
    return Rotation(name=name, outcomes=(*done.values(), *outcomes))


class _Secret:
    """A value that is redacted from errors and logs as long as this object exists; its repr does not show it."""

    def __init__(self, value: str) -> None:
        self.value = value
        if value:
            register_secret(self, value)

    def __repr__(self) -> str:
        return "_Secret(…)"


def _check(name: str, value: str | None, *, may_be_missing: bool = False) -> None:
    if not _NAME.fullmatch(name):
        msg = f"name={name!r}: a name has at most 300 letters, digits and '_', and does not begin with a digit"
        raise ConfigurationError(msg)
    if not value and not may_be_missing:
        msg = f"the value of {name} is empty: pass the text of the secret"
        raise ConfigurationError(msg)


def _place_of(place: Context | ProjectSlug | UUID | str) -> VariablePlace:
    if isinstance(place, models.Context):
        return VariablePlace(kind="context", name=place.name, id=place.id)
    if not isinstance(place, UUID):
        if "/" in place:
            return VariablePlace(kind="project", name=ProjectSlug(place))
        try:
            place = UUID(place)
        except ValueError:
            msg = f"{place!r} is no place for a variable: pass a project slug such as gh/acme/web, or the UUID of a context"
            raise ConfigurationError(msg) from None
    return VariablePlace(kind="context", name=str(place), id=place)


async def _exists(circleci: VariablesClient, place: VariablePlace, name: str) -> bool:
    """Whether a place has the variable.

    Raises:
        CircleCIError: It could not be looked at.
    """
    if place.id is not None:
        page = await circleci.contexts.list_environment_variables(place.id)
        if any(variable.variable == name for variable in page.items):
            return True
        if page.next_page_token:
            # Measured: CircleCI lists the first 100 variables only, and reads no token.
            msg = f"CircleCI does not list all variables of {place}, and {name} is not among those that it lists"
            raise CircleCIError(msg)
        return False
    try:
        await circleci.projects.get_environment_variable(place.name, name)
    except NotFoundError:
        # The same status as for a project that does not exist, or that the token may not see.
        await circleci.projects.get(place.name)
        return False
    return True


async def _write(
    circleci: VariablesClient, place: VariablePlace, name: str, secret: _Secret, *, existed: bool
) -> VariableOutcome:
    if place.id is not None:
        await circleci.contexts.set_environment_variable(place.id, name, value=secret.value)
    else:
        variable = await circleci.projects.create_environment_variable(place.name, name=name, value=secret.value)
        _require_new_value(variable.value, secret.value, f"{name} of {place}")
    return VariableOutcome(place=place, action="replaced" if existed else "created")


def _require_new_value(shown: Any, value: str, subject: str) -> None:
    """Check that the masked value in a response is that of the new value.

    CircleCI's API document does not say that creating a variable of an existing name overwrites it. The mask was measured:
    ``xxxx`` and the last characters, four at most and no more than half of the value.
    """
    length = min(4, len(value) // 2)
    if isinstance(shown, str) and shown.startswith(_MASK) and shown != _MASK + value[len(value) - length :]:
        msg = f"CircleCI accepted the new value of {subject}, and still shows another one: check it, and set it again"
        raise CircleCIError(msg)


class _Search:
    """Finds the contexts and projects of an organization.

    Attributes:
        failures: The lists that could not be read, known once `places` has returned.
    """

    def __init__(
        self,
        circleci: VariablesClient,
        organization: OrgSlug,
        *,
        contexts: bool,
        projects: bool,
        sources: Iterable[ProjectSource],
    ) -> None:
        self._circleci = circleci
        self._organization = organization
        self._projects = organization_projects(circleci, organization, sources=sources) if projects else None
        self._contexts = contexts
        self.failures: list[VariableOutcome] = []

    async def places(self) -> list[VariablePlace]:
        """Return the contexts and projects that could be found."""
        found: list[VariablePlace] = []
        if self._contexts:
            try:
                await self._find_contexts(found)
            except CircleCIError as error:
                self._fail("contexts", self._organization, error)
        if self._projects is not None:
            try:
                async for project in self._projects:
                    if project.slug is not None:
                        found.append(VariablePlace(kind="project", name=project.slug))
                        continue
                    msg = "its slug is unknown: add 'followed' to the sources"
                    self._fail("project", project.name, ConfigurationError(msg))
            except CircleCIError as error:
                self._fail("projects", self._organization, error)
        return found

    async def _find_contexts(self, found: list[VariablePlace]) -> None:
        if self._organization.startswith("circleci/"):
            # CircleCI's API document names only slugs of the form gh/acme for the owner.
            owner = await self._circleci.organizations.get(self._organization)
            contexts = self._circleci.contexts.list(owner_id=owner.id)
        else:
            contexts = self._circleci.contexts.list(owner_slug=self._organization)
        async for context in contexts:
            found.append(VariablePlace(kind="context", name=context.name, id=context.id))  # noqa: PERF401 - it may raise

    def _fail(self, kind: Literal["contexts", "project", "projects"], name: str, error: CircleCIError) -> None:
        place = VariablePlace(kind=kind, name=name)
        self.failures.append(VariableOutcome(place=place, action="failed", error=error))
