"""Operation: what is known of one API operation before any request is made."""

from __future__ import annotations

import attrs

__all__ = ["Operation"]


@attrs.frozen(kw_only=True)
class Operation:
    """One operation of the CircleCI API v2.

    Attributes:
        id: The operationId as CircleCI publishes it, for example ``listPipelinesForProject``.
        method: The HTTP method, in upper case.
        path: The path as published, below the base URL, for example ``/project/{project-slug}/pipeline``.
        namespace: The attribute of `CircleCI` that holds the method, for example ``pipelines``.
        name: The method of that namespace, for example ``list_for_project``.
        tag: The heading that CircleCI's reference files it under.
        paginated: Whether the method returns a `Paginator`.
        idempotent: Whether sending it twice has the effect of sending it once, by HTTP's rules for its method.
        deprecated: Whether CircleCI's document marks it as deprecated.
    """

    id: str
    method: str
    path: str
    namespace: str
    name: str
    tag: str
    paginated: bool = False
    idempotent: bool = False
    deprecated: bool = False
