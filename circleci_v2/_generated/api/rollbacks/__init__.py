"""`circleci.rollbacks`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from circleci_v2._generated.api.rollbacks import create
from circleci_v2._wire.namespace import Namespace, RawNamespace, raw

if TYPE_CHECKING:
    from circleci_v2._generated.models import Rollback

__all__ = ["Rollbacks", "RollbacksWithRawResponse"]


class Rollbacks(Namespace):
    """Rollbacks: put a component back to an earlier version."""

    async def create(
        self,
        project_id: str,
        *,
        component_name: str,
        current_version: str,
        environment_name: str,
        target_version: str,
        namespace: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        reason: str | None = None,
    ) -> Rollback:
        """POST /projects/{project_id}/rollback

        Args:
            project_id:
            component_name:
            current_version:
            environment_name:
            target_version:
            namespace:
            parameters: The extra parameters for the rollback pipeline
            reason:

        Raises:
            BadRequestError: CircleCI cannot make sense of an argument.
            NotFoundError: It does not exist, or the token may not see it.
            ConflictError: It contradicts what is there, for example a name that is taken.
            APIError: CircleCI refused or failed otherwise; see `circleci_v2.errors`.

        POST /projects/{project_id}/rollback (rollbackProject),
        https://circleci.com/docs/api/v2/index.html#operation/rollbackProject
        """
        return await self._call(
            create.build(
                project_id,
                component_name=component_name,
                current_version=current_version,
                environment_name=environment_name,
                target_version=target_version,
                namespace=namespace,
                parameters=parameters,
                reason=reason,
            ),
            create.parse,
        )


class RollbacksWithRawResponse(RawNamespace):
    """The methods of `Rollbacks`; each returns the `Response`, with what they return as ``parsed``."""

    create = raw(Rollbacks.create)
