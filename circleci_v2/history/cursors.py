"""Where a crawl is: said in one line, and found again although the list has changed."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

import attrs

from circleci_v2._wire.types import maybe_null
from circleci_v2.errors import ConfigurationError

if TYPE_CHECKING:
    from circleci_v2.models import Pipeline

__all__ = ["Cursor"]

_VERSION = 1


@attrs.frozen(kw_only=True)
class Cursor:
    """The place after one pipeline in a list that goes from new to old.

    A page token alone would not do: it may expire, and pipelines that come or go meanwhile move what a page holds. So
    the pipeline itself is remembered, and its age.

    Attributes:
        of: Which list it is a place in.
        page_token: Of the page that the pipeline was on; None is the first page.
        pipeline_id: The pipeline.
        created_at: When it was created; if it does not say, when the one before it was. None when none of them said.
        same_moment: The pipelines before it that were created in that very moment.
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
        """Read a cursor that was saved.

        Args:
            text: The cursor.
            of: The list that it must be a place in.

        Raises:
            ConfigurationError: It is no cursor, or one of another list.
        """
        try:
            content: dict[str, Any] = json.loads(base64.b64decode(text, altchars=b"-_", validate=True))
            if content["version"] != _VERSION:
                msg = f"cursor={text!r} is of version {content['version']}, and this library reads {_VERSION}."
                raise ConfigurationError(msg)
            created_at = content["created_at"]
            cursor = cls(
                of=content["of"],
                page_token=content["page_token"],
                pipeline_id=UUID(content["pipeline_id"]),
                created_at=None if created_at is None else datetime.fromisoformat(created_at),
                same_moment=frozenset(map(UUID, content["same_moment"])),
            )
        except (binascii.Error, ValueError, KeyError, TypeError, AttributeError) as error:
            if isinstance(error, ConfigurationError):
                raise
            msg = f"cursor={text!r} is not a cursor: pass one that `PipelineRecord.cursor` gave, unchanged."
            raise ConfigurationError(msg) from error
        if cursor.of != of:
            msg = f"The cursor belongs to the history of {cursor.of}, not of {of}: leave it out to begin at the newest."
            raise ConfigurationError(msg)
        return cursor

    @classmethod
    def behind_first(cls, pipeline: Pipeline, page_token: str | None, *, of: str) -> Self:
        """The place after the first pipeline of a list."""
        created_at = maybe_null(pipeline.created_at)
        return cls(of=of, page_token=page_token, pipeline_id=pipeline.id, created_at=created_at)

    def after(self, pipeline: Pipeline, page_token: str | None) -> Self:
        """The place after the next pipeline."""
        created_at = maybe_null(pipeline.created_at) or self.created_at
        same = self.created_at == created_at
        return attrs.evolve(
            self,
            page_token=page_token,
            pipeline_id=pipeline.id,
            created_at=created_at,
            same_moment=self.same_moment | {self.pipeline_id} if same else frozenset(),
        )

    def is_within(self, page: Sequence[Pipeline]) -> bool:
        """Whether a page begins before this place, so that nothing is missed when it is read from there."""
        return any(pipeline.id == self.pipeline_id or not self._is_before(pipeline) for pipeline in page)

    def rest_of(self, page: Sequence[Pipeline]) -> Sequence[Pipeline] | None:
        """The pipelines of a page that come after this place; None when the whole page comes before it."""
        for index, pipeline in enumerate(page):
            if pipeline.id == self.pipeline_id:
                return page[index + 1 :]
        # The pipeline is not here. When the page holds older ones it is gone; else it comes on a later page, because
        # others pushed it on.
        if any(map(self._is_older, page)):
            return [pipeline for pipeline in page if self._is_before(pipeline)]
        return None

    def _is_before(self, pipeline: Pipeline) -> bool:
        created_at = maybe_null(pipeline.created_at)
        if created_at is None or self.created_at is None or created_at == self.created_at:
            return pipeline.id not in self.same_moment
        return created_at < self.created_at

    def _is_older(self, pipeline: Pipeline) -> bool:
        created_at = maybe_null(pipeline.created_at)
        return created_at is not None and self.created_at is not None and created_at < self.created_at
