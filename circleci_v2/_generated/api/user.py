"""`circleci.user`."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from circleci_v2._generated import models
from circleci_v2._generated.operations import OPERATIONS
from circleci_v2._wire.encoding import path_segment
from circleci_v2._wire.namespace import Namespace, RawNamespace, raw
from circleci_v2.pagination import Paginator

if TYPE_CHECKING:
    from circleci_v2._generated.models import Collaboration, User

__all__ = ["Users", "UsersWithRawResponse"]


class Users(Namespace):
    """People: whose token this is, and the organizations they work with."""

    async def me(self) -> User:
        """Get the user the API token belongs to.

        A cheap way to check a token at start-up: one that is missing or wrong raises `AuthenticationError`.
        What the user may reach is a second question, answered by `user.collaborations`.

        Returns:
            The user who owns the token.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        GET /me (getCurrentUser),
        https://circleci.com/docs/api/v2/index.html#operation/getCurrentUser
        """
        return await self._call(OPERATIONS["getCurrentUser"], models.User, path="/me")

    def collaborations(self) -> Paginator[Collaboration]:
        """List the organizations the token's user can work in.

        Start here when only a token is known: every entry brings the slug and, mostly, the UUID that other
        calls ask for. Listed are organizations in which the user is a member at GitHub, Bitbucket or CircleCI,
        owners of repositories that the user merely collaborates on, and the user's own account.

        The answer is one plain list without pages.

        Returns:
            A paginator: await it for the first page, iterate over it for all items.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        GET /me/collaborations (getCollaborations),
        https://circleci.com/docs/api/v2/index.html#operation/getCollaborations
        """
        return self._paginate(OPERATIONS["getCollaborations"], models.Collaboration, path="/me/collaborations")

    async def get(self, user_id: UUID | str) -> User:
        """Get a user by UUID.

        Turns the bare user UUIDs in other answers, such as `started_by` and `canceled_by` of a workflow, into a
        name and a login. For the token's own user, `user.me` needs no UUID.

        Args:
            user_id: UUID of the user; neither a login nor an email address works.

        Returns:
            The user.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        GET /user/{id} (getUser),
        https://circleci.com/docs/api/v2/index.html#operation/getUser
        """
        return await self._call(OPERATIONS["getUser"], models.User, path=f"/user/{path_segment('user_id', user_id)}")


class UsersWithRawResponse(RawNamespace):
    """The methods of `Users`; each returns the `Response`, with the decoded value as ``parsed``."""

    me = raw(Users.me)
    collaborations = raw(Users.collaborations)
    get = raw(Users.get)
