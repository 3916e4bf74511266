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
    """Users: the owner of the API token, and the organizations the user works with."""

    async def me(self) -> User:
        """Get the user that owns the API token.

        A cheap check of a token at start-up: a missing or wrong token raises `AuthenticationError`. The
        organizations that the user can work in are listed by `user.collaborations`.

        Returns:
            The user who owns the token.

        Raises:
            APIError: CircleCI rejected the request, or failed; see `circleci_v2.errors`.

        GET /me (getCurrentUser),
        https://circleci.com/docs/api/v2/index.html#operation/getCurrentUser
        """
        return await self._call(OPERATIONS["getCurrentUser"], models.User, path="/me")

    def collaborations(self) -> Paginator[Collaboration]:
        """List the organizations that the token's user can work in.

        Start here when only a token is known: every entry has the slug and, mostly, the UUID that other calls
        require. The list contains organizations in which the user is a member at GitHub, Bitbucket or CircleCI,
        owners of repositories that the user merely collaborates on, and the user's own account.

        The list is not paginated.

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

        Resolves the user UUIDs in other responses, such as `started_by` and `canceled_by` of a workflow, to a
        name and a login. For the token's own user, `user.me` needs no UUID.

        Args:
            user_id: UUID of the user; logins and email addresses are not accepted.

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
