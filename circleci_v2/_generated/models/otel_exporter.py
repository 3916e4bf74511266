"""OtelExporter."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from attrs import define

from circleci_v2._wire.model import Model

if TYPE_CHECKING:
    from circleci_v2._generated.models.otel_protocol import OtelProtocol

__all__ = ["OtelExporter"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class OtelExporter(Model):
    """A collector to which CircleCI sends the OpenTelemetry spans of an organization."""

    id: UUID
    """UUID to use with `otel.delete_exporter`."""

    endpoint: str | None = None
    """Address of the OTLP collector, for example `otel.acme.example:4317`."""

    headers: dict[str, str] | None = None
    """Names of the headers added to each export request; the values are always `xxxx`, so they cannot be copied to
    another exporter."""

    insecure: bool | None = None
    """Whether spans are sent without TLS."""

    issues: list[str] | None = None
    """Human-readable problems of this exporter; empty or absent when CircleCI has none to report."""

    org_id: UUID | None = None
    """UUID of the organization whose spans are sent."""

    protocol: OtelProtocol | None = None
    """Protocol that spans are sent with."""
