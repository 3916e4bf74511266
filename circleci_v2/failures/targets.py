"""Target: what a text names, which may be a URL of the web app, a project slug or a UUID."""

from __future__ import annotations

from typing import Final, Self
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

import attrs

from circleci_v2.errors import ConfigurationError, InvalidSlugError
from circleci_v2.slugs import ProjectSlug

__all__ = ["Target"]

_ADVICE: Final = (
    "pass the URL of a pipeline, workflow or job in CircleCI's web app, the UUID of a pipeline or workflow, or a project "
    "slug such as gh/acme/web"
)
_SLUG_PARTS: Final = 3


@attrs.frozen(kw_only=True)
class Target:
    """What is to be reported on.

    Attributes:
        project: The project; None when only an id is known.
        branch: The branch of the project; None for all.
        pipeline_number: The pipeline.
        workflow_id: The workflow.
        job_number: The job.
        unknown_id: The id of a pipeline or of a workflow.
    """

    project: ProjectSlug | None = None
    branch: str | None = None
    pipeline_number: int | None = None
    workflow_id: UUID | None = None
    job_number: int | None = None
    unknown_id: UUID | None = None

    @classmethod
    def parse(cls, text: UUID | str, branch: str | None = None) -> Self:
        """Parse a URL, a slug or a UUID.

        The host of a URL has no effect: requests go to the API of the client, wherever the URL points.

        Args:
            text: The text.
            branch: The branch, where `text` is a project.

        Raises:
            ConfigurationError: `text` is none of these, or `branch` is passed with something other than a project.
        """
        target = cls(unknown_id=text) if isinstance(text, UUID) else cls._of_text(text.strip())
        if branch is None:
            return target
        if target != cls(project=target.project, branch=target.branch):
            msg = f"branch={branch!r} selects a pipeline of a project, and {str(text)!r} is not a project: leave it out"
            raise ConfigurationError(msg)
        return attrs.evolve(target, branch=branch)

    @classmethod
    def _of_text(cls, text: str) -> Self:
        if (identifier := _uuid(text)) is not None:
            return cls(unknown_id=identifier)
        try:
            if "://" not in text:
                return cls(project=ProjectSlug(text))
            parts = urlsplit(text)
            segments = [unquote(segment) for segment in parts.path.split("/") if segment]
            target = cls._of_path(segments)
        except (InvalidSlugError, ValueError) as error:
            msg = f"{text!r} names no pipeline, workflow or job ({error}): {_ADVICE}"
            raise ConfigurationError(msg) from error
        branches = parse_qs(parts.query).get("branch")
        if branches and target == cls(project=target.project):
            return attrs.evolve(target, branch=branches[-1])
        return target

    @classmethod
    def _of_path(cls, segments: list[str]) -> Self:
        """Read a path of the web app.

        The forms are ``pipelines/<slug>/<number>/workflows/<id>/jobs/<number>`` and its beginnings, the older
        ``<slug>/<job number>`` and ``<slug>/tree/<branch>``, ``jobs/<slug>/<job number>``, and ``workflow-run/<id>``.

        Raises:
            ValueError: The path has another form.
        """
        if segments[:1] == ["workflow-run"]:
            return cls(workflow_id=UUID("".join(segments[1:2])))
        kind = segments[0] if segments[:1] in (["pipelines"], ["jobs"]) else None
        segments = segments[1:] if kind else segments
        project, rest = ProjectSlug("/".join(segments[:_SLUG_PARTS])), segments[_SLUG_PARTS:]
        if not rest:
            return cls(project=project)
        if rest[0] == "tree":
            return cls(project=project, branch="/".join(rest[1:]) or None)
        if kind != "pipelines":
            return cls(project=project, job_number=_number(rest[0]))
        following = dict(zip(rest[1::2], rest[2::2], strict=False))
        workflow, job = following.get("workflows"), following.get("jobs")
        return cls(
            project=project,
            pipeline_number=_number(rest[0]),
            workflow_id=None if workflow is None else UUID(workflow),
            job_number=None if job is None else _number(job),
        )


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal():
        msg = f"{text!r} is not a number"
        raise ValueError(msg)
    return int(text)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
