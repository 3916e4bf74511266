"""TriggerEventPreset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from circleci_v2._wire.types import OpenStrEnum

__all__ = ["TriggerEventPreset"]


class TriggerEventPreset(OpenStrEnum):
    """Events of a GitHub repository that start a pipeline.

    With the GitHub App, pull requests from forks start nothing, and neither do deleted branches and tags.
    `all-pushes`: any push, to a branch or a tag. `default-branch-pushes`: pushes to the default branch.
    `only-tags`: pushes of tags; jobs also need tag filters in the configuration. `only-build-prs`: an opened or
    reopened pull request and pushes to it, and also tags and the default branch. `only-open-prs`: a pull
    request is opened, drafts included. `non-draft-pr-opened`: the same without drafts.
    `only-ready-for-review-prs`: a draft is marked ready. `only-labeled-prs`: the label `run-ci` is added.
    `pr-comment-equals-run-ci`: a comment on a pull request is exactly `run-ci`. `only-merged-prs`: a pull
    request is merged. `only-merged-or-closed-prs`: a pull request is merged or closed; the pipeline runs on its
    base branch. `only-build-pushes-to-non-draft-prs`: pushes to an open pull request that is not a draft.
    `pushes-to-merge-queues`: pushes to the temporary `gh-readonly-queue/` branches of GitHub's merge queue.
    """

    ALL_PUSHES = "all-pushes"
    DEFAULT_BRANCH_PUSHES = "default-branch-pushes"
    NON_DRAFT_PR_OPENED = "non-draft-pr-opened"
    ONLY_BUILD_PRS = "only-build-prs"
    ONLY_BUILD_PUSHES_TO_NON_DRAFT_PRS = "only-build-pushes-to-non-draft-prs"
    ONLY_LABELED_PRS = "only-labeled-prs"
    ONLY_MERGED_OR_CLOSED_PRS = "only-merged-or-closed-prs"
    ONLY_MERGED_PRS = "only-merged-prs"
    ONLY_OPEN_PRS = "only-open-prs"
    ONLY_READY_FOR_REVIEW_PRS = "only-ready-for-review-prs"
    ONLY_TAGS = "only-tags"
    PR_COMMENT_EQUALS_RUN_CI = "pr-comment-equals-run-ci"
    PUSHES_TO_MERGE_QUEUES = "pushes-to-merge-queues"

    if TYPE_CHECKING:
        # Stands for all other values, so that a `match` that handles each published value is not taken for complete.
        _UNPUBLISHED = str()
