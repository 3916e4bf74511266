"""Downloads are tested through artifacts, with their fixtures."""

from tests.artifacts.conftest import back_offs, circleci, dest, storage  # noqa: F401
