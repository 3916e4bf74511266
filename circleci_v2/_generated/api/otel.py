"""`circleci.otel`."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment, required
from circleci_v2._wire.namespace import Namespace, RawNamespace, raw
from circleci_v2.pagination import Paginator

if TYPE_CHECKING:
    from circleci_v2._generated.models import OtelExporter, OtelProtocol

__all__ = ["Otel", "OtelWithRawResponse"]


class Otel(Namespace):
    """OpenTelemetry exporters: traces of pipelines, sent to a collector.

    At most five for each organization.
    """

    def list_exporters(self, *, org_id: UUID | str) -> Paginator[OtelExporter]:
        """List the OpenTelemetry exporters of an organization.

        An exporter sends traces of pipelines, workflows and jobs to an OTLP collector. The list is not
        paginated, as an organization has at most five exporters; `issues` contains the problems that CircleCI
        finds with an exporter.

        Requires organization administrator permissions; without them the API responds with 404, as reported.
        CircleCI labels the OpenTelemetry operations as experimental.

        Args:
            org_id: UUID of the organization; organization slugs are not accepted.

        Returns:
            A paginator: await it for the first page, iterate over it for all items.

        Raises:
            BadRequestError: An argument is not valid.
            AuthenticationError: The token is missing or unknown.
            NotFoundError: It does not exist, or the token has no access to it.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        GET /otel/exporters (listOtelExporters),
        https://circleci.com/docs/api/v2/index.html#operation/listOtelExporters
        """
        return self._paginate(
            OPERATIONS["listOtelExporters"], models.OtelExporter, path="/otel/exporters", query={"org-id": org_id}
        )

    async def create_exporter(
        self,
        *,
        endpoint: str,
        org_id: UUID | str,
        protocol: OtelProtocol | Literal["grpc", "http"],
        headers: Mapping[str, str] | None = None,
        insecure: bool | None = None,
    ) -> OtelExporter:
        """Create an OpenTelemetry exporter for an organization.

        From then on CircleCI sends spans of the organization's pipelines to the collector. Spans of steps
        contain command lines, titles of pull requests and repository URLs, so send them to a trusted collector
        only.

        The API cannot change an exporter: to replace one, create a new exporter and delete the old one with
        `otel.delete_exporter`. Keep the header values yourself, because every read returns `xxxx` and a copy
        would store that. An organization can have at most five exporters; a sixth has been measured to fail
        with 422 (`Internal server error.`), which no retry resolves, so with five of them delete the old one
        first and accept a gap.

        Requires organization administrator permissions. CircleCI labels this operation as experimental.

        Args:
            endpoint: Address of an OTLP collector that CircleCI can reach. Sources conflict on its form: CircleCI-Labs
                reports that host and port (`otel.acme.example:4317`) are accepted and a scheme is rejected, while
                CircleCI's newer guide uses full URLs, to which HTTP exporters append `/v1/traces`. Loopback
                addresses are rejected.
            org_id: UUID of the organization whose spans are to be sent; slugs are rejected.
            protocol: Protocol that the collector accepts at `endpoint`.
            headers: Headers to add to each export request, typically the collector's API key; five at most, as measured.
                Default: none.
            insecure: True to send without TLS, for collectors that do not support it; spans and `headers` are then
                readable on the way. Default: TLS is used.

        Returns:
            The new exporter.

        Raises:
            BadRequestError: An argument is not valid.
            AuthenticationError: The token is missing or unknown.
            NotFoundError: It does not exist, or the token has no access to it.
            UnprocessableEntityError: The request is well-formed but refused, for example because a limit is reached.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        POST /otel/exporters (createOtelExporter),
        https://circleci.com/docs/api/v2/index.html#operation/createOtelExporter
        """
        return await self._call(
            OPERATIONS["createOtelExporter"],
            models.OtelExporter,
            path="/otel/exporters",
            body={
                "endpoint": required("endpoint", endpoint),
                "org_id": required("org_id", org_id),
                "protocol": required("protocol", protocol),
                "headers": headers,
                "insecure": insecure,
            },
        )

    async def delete_exporter(self, otel_exporter_id: UUID | str) -> None:
        """Delete an OpenTelemetry exporter.

        CircleCI stops sending spans to that collector, and one of the organization's five exporter slots
        becomes free. Requires organization administrator permissions; experimental, like the other
        OpenTelemetry operations.

        Args:
            otel_exporter_id: UUID of the exporter, from `otel.list_exporters`.

        Raises:
            BadRequestError: An argument is not valid.
            AuthenticationError: The token is missing or unknown.
            NotFoundError: It does not exist, or the token has no access to it.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        DELETE /otel/exporters/{otel_exporter_id} (deleteOtelExporter),
        https://circleci.com/docs/api/v2/index.html#operation/deleteOtelExporter
        """
        return await self._call(
            OPERATIONS["deleteOtelExporter"],
            NoneType,
            path=f"/otel/exporters/{path_segment('otel_exporter_id', otel_exporter_id)}",
        )


class OtelWithRawResponse(RawNamespace):
    """The methods of `Otel`; each returns the `Response`, with the decoded value as ``parsed``."""

    list_exporters = raw(Otel.list_exporters)
    create_exporter = raw(Otel.create_exporter)
    delete_exporter = raw(Otel.delete_exporter)
