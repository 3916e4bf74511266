"""AdvancedProjectSettings."""

from __future__ import annotations

from attrs import define

from circleci_v2._wire.model import Model

__all__ = ["AdvancedProjectSettings"]


@define(kw_only=True, weakref_slot=False, getstate_setstate=False)
class AdvancedProjectSettings(Model):
    """The advanced settings of a project.

    In a request, settings that are left out (None) keep their value.
    """

    autocancel_builds: bool | None = None
    """Cancel running workflows of a branch when a newer pipeline starts on it. The default branch, scheduled
    workflows and reruns are exempt."""

    build_fork_prs: bool | None = None
    """Build pull requests from forks (GitHub OAuth and Bitbucket Cloud only); without secrets, unless
    `forks_receive_secret_env_vars` is on too."""

    build_prs_only: bool | None = None
    """Build a branch only while a pull request is open for it (GitHub OAuth and Bitbucket Cloud; with the GitHub
    App, choose the event preset of the trigger instead). The default branch, tags and the branches of
    `pr_only_branch_overrides` build regardless."""

    disable_ssh: bool | None = None
    """Disable rerunning jobs with SSH access, through which users can read a job's secrets. A rerun of a workflow
    in which a job already ran with SSH still has access."""

    forks_receive_secret_env_vars: bool | None = None
    """Pass environment variables and secrets of this project to builds of forked pull requests (GitHub OAuth and
    Bitbucket Cloud only), share caches with them and issue OIDC tokens to them. Anyone who can fork the
    repository can then read the secrets."""

    oss: bool | None = None
    """Treat the project as open source: it gets extra credits, and its builds are public. Applied only if the
    repository is public; some projects reject the field with 400 (`Unexpected field 'advanced.oss'.`)."""

    pr_only_branch_overrides: list[str] | None = None
    """Branches that build on every push despite `build_prs_only`: names or regular expressions, at most 100.
    Replaces the complete list, except that an empty list is ignored, as reported; the order is not kept."""

    set_github_status: bool | None = None
    """Report the state of each job to GitHub as a commit status."""

    setup_workflows: bool | None = None
    """Allow dynamic configuration: a `setup: true` configuration that continues with a generated one.
    `pipelines.continue_` depends on it."""

    write_settings_requires_admin: bool | None = None
    """Let only organization administrators change these settings. In organizations of type `circleci`, only
    administrators can, regardless of this value."""
