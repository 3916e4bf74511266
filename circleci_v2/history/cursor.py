"""Cursor: a position in a list of pipelines, as one line of text that stays valid while the list changes."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

import attrs

from circleci_v2._wire.types import maybe_datetime
from circleci_v2.errors import ConfigurationError

if TYPE_CHECKING:
    from circleci_v2.models import Pipeline

__all__ = ["Cursor"]

_VERSION = 1


@attrs.frozen(kw_only=True)
class Cursor:
    """The position after one pipeline in a list that is sorted from new to old.

    A page token is not enough: it may expire, and pipelines that are added or removed in the meantime shift the pages.
    So the cursor also holds the id of the pipeline and its time of creation.

    Attributes:
        of: The name of the list.
        page_token: The token of the page that held the pipeline; None for the first page.
        pipeline_id: The pipeline.
        created_at: When the pipeline was created or, if the API sent no valid time, the one before it. None when it sent
            none for all of them.
        same_moment: The pipelines before it that were created at exactly the same time.
    """

    of: str
    page_token: str | None
    pipeline_id: UUID
    created_at: datetime | None
    same_moment: frozenset[UUID] = frozenset()

    def __str__(self) -> str:
        content = {
            "version": _VERSION,
            "of": self.of,
            "page_token": self.page_token,
            "pipeline_id": str(self.pipeline_id),
            "created_at": None if self.created_at is None else self.created_at.isoformat(),
            "same_moment": sorted(map(str, self.same_moment)),
        }
        return base64.urlsafe_b64encode(json.dumps(content, separators=(",", ":")).encode()).decode()

    @classmethod
    def parse(cls, text: str, *, of: str) -> Self:
        """Parse a saved cursor.

        Args:
            text: The cursor, as `str(cursor)` returned it.
            of: The name of the list that it must belong to.

        Raises:
            ConfigurationError: The text is not a cursor, or it belongs to another list.
        """
        try:
            content: dict[str, Any] = json.loads(base64.b64decode(text, altchars=b"-_", validate=True))
            version = content["version"]
            cursor = cls._from_content(content) if version == _VERSION else None
        except (binascii.Error, ValueError, KeyError, TypeError, AttributeError) as error:
            msg = f"cursor={text!r} is not a cursor: pass the value of a `PipelineRecord.cursor`, unchanged."
            raise ConfigurationError(msg) from error
        if cursor is None:
            msg = f"cursor={text!r} has version {version}, but this library reads version {_VERSION}."
            raise ConfigurationError(msg)
        if cursor.of != of:
            msg = f"The cursor belongs to the history of {cursor.of}, not of {of}: leave it out to begin at the newest."
            raise ConfigurationError(msg)
        return cursor

    @classmethod
    def _from_content(cls, content: Mapping[str, Any]) -> Self:
        created_at = content["created_at"]
        return cls(
            of=content["of"],
            page_token=content["page_token"],
            pipeline_id=UUID(content["pipeline_id"]),
            created_at=None if created_at is None else datetime.fromisoformat(created_at),
            same_moment=frozenset(map(UUID, content["same_moment"])),
        )

    @classmethod
    def after_first(cls, pipeline: Pipeline, page_token: str | None, *, of: str) -> Self:
        """Create the position after the first pipeline of a list."""
        created_at = maybe_datetime(pipeline.created_at)
        return cls(of=of, page_token=page_token, pipeline_id=pipeline.id, created_at=created_at)

    def after(self, pipeline: Pipeline, page_token: str | None) -> Self:
        """Create the position after the next pipeline."""
        created_at = maybe_datetime(pipeline.created_at) or self.created_at
        is_same_moment = self.created_at == created_at
        return attrs.evolve(
            self,
            page_token=page_token,
            pipeline_id=pipeline.id,
            created_at=created_at,
            same_moment=self.same_moment | {self.pipeline_id} if is_same_moment else frozenset(),
        )

    def can_resume_on(self, page: Sequence[Pipeline]) -> bool:
        """Return whether the page begins before this position, so that reading from its start misses nothing."""
        return any(pipeline.id == self.pipeline_id or not self._precedes(pipeline) for pipeline in page)

    def rest_of(self, page: Sequence[Pipeline]) -> Sequence[Pipeline] | None:
        """Return the pipelines of a page after this position; None when the position is on a later page."""
        for index, pipeline in enumerate(page):
            if pipeline.id == self.pipeline_id:
                return page[index + 1 :]
        # The pipeline is not on this page. If the page has older ones, the pipeline was deleted; otherwise newer
        # pipelines have pushed it to a later page.
        if any(map(self._is_certainly_older, page)):
            return [pipeline for pipeline in page if self._precedes(pipeline)]
        return None

    def _precedes(self, pipeline: Pipeline) -> bool:
        created_at = maybe_datetime(pipeline.created_at)
        if created_at is None or self.created_at is None or created_at == self.created_at:
            return pipeline.id not in self.same_moment
        return created_at < self.created_at

    def _is_certainly_older(self, pipeline: Pipeline) -> bool:
        created_at = maybe_datetime(pipeline.created_at)
        return created_at is not None and self.created_at is not None and created_at < self.created_at
