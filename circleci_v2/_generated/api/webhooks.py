"""`circleci.webhooks`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment, required, unmasked
from circleci_v2._wire.namespace import Namespace, RawNamespace, raw
from circleci_v2.pagination import Paginator

if TYPE_CHECKING:
    from circleci_v2._generated.models import (
        MessageResponse,
        Webhook,
        WebhookEventType,
        WebhookScopeInput,
        WebhookScopeType,
    )

__all__ = ["Webhooks", "WebhooksWithRawResponse"]


class Webhooks(Namespace):
    """Outbound webhooks: notifications of finished workflows and jobs."""

    def list(
        self, *, scope_id: UUID | str, scope_type: WebhookScopeType | Literal["project"], page_token: str | None = None
    ) -> Paginator[Webhook]:
        """List the outbound webhooks of a project.

        Returns the webhooks with the URLs that CircleCI notifies about this project. A project has at most five
        webhooks, so one page contains all of them.

        These are outbound webhooks; an inbound webhook, which starts pipelines, is a trigger (`triggers.list`).

        Args:
            scope_id: UUID of the project (`projects.get` returns it as `id`); project slugs are rejected.
            scope_type: Type of the object that `scope_id` identifies. Only `project` exists so far.
            page_token: Token of the page to get: `next_page_token` of the previous page. Default: the first page.

        Returns:
            A paginator: await it for the first page, iterate over it for all items.

        Raises:
            BadRequestError: An argument is not valid.
            NotFoundError: It does not exist, or the token has no access to it.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        GET /webhook (getWebhooks),
        https://circleci.com/docs/api/v2/index.html#operation/getWebhooks
        """
        return self._paginate(
            OPERATIONS["getWebhooks"],
            models.Webhook,
            path="/webhook",
            query={"scope-id": scope_id, "scope-type": scope_type, "page-token": page_token},
        )

    async def create(
        self,
        *,
        name: str,
        events: Sequence[WebhookEventType | Literal["job-completed", "workflow-completed"]],
        scope: WebhookScopeInput | Mapping[str, Any],
        signing_secret: str,
        url: str,
        verify_tls: bool,
    ) -> Webhook:
        """Create an outbound webhook for a project.

        CircleCI then sends a POST request with a JSON body to the URL whenever a workflow or job of the project
        ends, which makes polling unnecessary. The receiver has about 10 seconds to respond with 2xx; otherwise
        the delivery is retried, and the same delivery may arrive twice. Process deliveries with
        `circleci_v2.webhooks`: `verify` the signature, `parse` the body, discard repeated `id` values.

        A project can have at most five webhooks, and creating one requires organization administrator
        permissions. Check that `signing_secret` of the result is not empty: CircleCI does not reject a request
        without a secret, and then delivers unsigned.

        Args:
            name: Name of the webhook in the project settings, free text.
            events: Events to deliver, at least one; test pings cannot be subscribed to.
            scope: The project whose events are delivered.
            signing_secret: Key of the HMAC-SHA256 signature in the `circleci-signature` header of every delivery. Choose a long
                random value and keep it: it is never shown again.
            url: Absolute `https://` address that receives the POST requests; plain HTTP is not accepted.
            verify_tls: Whether CircleCI requires a valid TLS certificate of the receiver; false is for tests only.

        Returns:
            The new webhook, its secret masked.

        Raises:
            BadRequestError: An argument is not valid.
            NotFoundError: It does not exist, or the token has no access to it.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        POST /webhook (createWebhook),
        https://circleci.com/docs/api/v2/index.html#operation/createWebhook
        """
        return await self._call(
            OPERATIONS["createWebhook"],
            models.Webhook,
            path="/webhook",
            body={
                "name": required("name", name),
                "events": required("events", events),
                "scope": required("scope", scope),
                "signing-secret": unmasked("signing_secret", signing_secret),
                "url": required("url", url),
                "verify-tls": required("verify_tls", verify_tls),
            },
        )

    async def get(self, webhook_id: UUID | str) -> Webhook:
        """Get an outbound webhook by its ID.

        Returns the settings only: deliveries and their outcomes are not available through the API. The secret
        is masked and cannot be recovered; set a new one with `webhooks.update`.

        Args:
            webhook_id: UUID of the webhook subscription, from `webhooks.create` or `webhooks.list`; not the `id` of a
                delivery. A webhook that the token may not see raises `PermissionDeniedError`, a missing one
                `NotFoundError`.

        Returns:
            The webhook, its secret masked.

        Raises:
            BadRequestError: An argument is not valid.
            AuthenticationError: The token is missing or unknown.
            PermissionDeniedError: The owner of the token may not do this.
            NotFoundError: It does not exist, or the token has no access to it.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        GET /webhook/{webhook_id} (getWebhookById),
        https://circleci.com/docs/api/v2/index.html#operation/getWebhookById
        """
        return await self._call(
            OPERATIONS["getWebhookById"], models.Webhook, path=f"/webhook/{path_segment('webhook_id', webhook_id)}"
        )

    async def update(
        self,
        webhook_id: UUID | str,
        *,
        name: str,
        events: Sequence[WebhookEventType | Literal["job-completed", "workflow-completed"]],
        signing_secret: str,
        url: str,
        verify_tls: bool,
    ) -> Webhook:
        """Replace the name, URL, events and secret of an outbound webhook.

        The request replaces all settings, so every argument is required: to change one of them, read the others
        with `webhooks.get` and pass them on. The signing secret cannot be read, so pass it again to keep it, a
        new one to rotate it, or an empty text to remove it. Its mask in responses (`****`) is rejected with
        `ConfigurationError`; CircleCI would store it as the new secret. A request without the secret can delete
        it, as CircleCI-Labs reports, which leaves deliveries unsigned; this method always sends it. The project
        cannot be changed: to watch another one, use `webhooks.create`.

        When rotating the secret, first configure the receiver with both secrets (`circleci_v2.webhooks.verify`
        accepts several): deliveries signed with the old one may still be in flight. Requires organization
        administrator permissions.

        Args:
            webhook_id: UUID of the webhook subscription, from `webhooks.create` or `webhooks.list`; not the `id` of a
                delivery. A webhook that the token may not see raises `PermissionDeniedError`, a missing one
                `NotFoundError`.
            name: Name to show in the project settings.
            events: Events to deliver; the list replaces the old one, so include those to keep.
            signing_secret: Key of the HMAC-SHA256 signatures: the present one to keep it, or a new one, which the receiver
                needs beforehand. An empty text removes the secret.
            url: Absolute `https://` address of the receiver.
            verify_tls: Whether to require a valid TLS certificate of the receiver.

        Returns:
            The webhook after the change, its secret masked.

        Raises:
            BadRequestError: An argument is not valid.
            AuthenticationError: The token is missing or unknown.
            PermissionDeniedError: The owner of the token may not do this.
            NotFoundError: It does not exist, or the token has no access to it.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        PUT /webhook/{webhook_id} (updateWebhook),
        https://circleci.com/docs/api/v2/index.html#operation/updateWebhook
        """
        return await self._call(
            OPERATIONS["updateWebhook"],
            models.Webhook,
            path=f"/webhook/{path_segment('webhook_id', webhook_id)}",
            body={
                "name": required("name", name),
                "events": required("events", events),
                "signing-secret": unmasked("signing_secret", signing_secret),
                "url": required("url", url),
                "verify-tls": required("verify_tls", verify_tls),
            },
        )

    async def delete(self, webhook_id: UUID | str) -> MessageResponse:
        """Delete an outbound webhook.

        Stops further notifications and frees one of the project's five webhook slots; CircleCI does not
        document what happens to a delivery in flight. The deletion cannot be undone, and webhooks cannot be
        paused. Requires organization administrator permissions.

        Args:
            webhook_id: UUID of the webhook subscription, from `webhooks.create` or `webhooks.list`; not the `id` of a
                delivery. A webhook that the token may not see raises `PermissionDeniedError`, a missing one
                `NotFoundError`.

        Returns:
            A message confirming the deletion.

        Raises:
            BadRequestError: An argument is not valid.
            AuthenticationError: The token is missing or unknown.
            PermissionDeniedError: The owner of the token may not do this.
            NotFoundError: It does not exist, or the token has no access to it.
            APIError: CircleCI rejected the request for another reason, or failed; see `circleci_v2.errors`.

        DELETE /webhook/{webhook_id} (deleteWebhook),
        https://circleci.com/docs/api/v2/index.html#operation/deleteWebhook
        """
        return await self._call(
            OPERATIONS["deleteWebhook"],
            models.MessageResponse,
            path=f"/webhook/{path_segment('webhook_id', webhook_id)}",
        )


class WebhooksWithRawResponse(RawNamespace):
    """The methods of `Webhooks`; each returns the `Response`, with the decoded value as ``parsed``."""

    list = raw(Webhooks.list)
    create = raw(Webhooks.create)
    get = raw(Webhooks.get)
    update = raw(Webhooks.update)
    delete = raw(Webhooks.delete)
