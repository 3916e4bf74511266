from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

PLUGIN = "circleci_v2.testing.pytest_plugin"


def run(pytester: pytest.Pytester, request: pytest.FixtureRequest, text: str) -> pytest.RunResult:
    pytester.makepyfile(text)
    installed = any(name == PLUGIN for name, _ in request.config.pluginmanager.list_name_plugin())
    arguments = () if installed else ("-p", PLUGIN)
    return pytester.runpytest_inprocess(
        *arguments, "-q", "-p", "no:cacheprovider", "-o", "asyncio_default_fixture_loop_scope=function"
    )


def test_the_fixtures_work_with_anyio_and_with_pytest_asyncio(
    pytester: pytest.Pytester, request: pytest.FixtureRequest
) -> None:
    result = run(
        pytester,
        request,
        """
        import pytest

        @pytest.mark.anyio
        @pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
        async def test_anyio(fake_circleci, circleci):
            fake_circleci.add_pipeline("gh/acme/web", status="failed")
            page = await circleci.pipelines.list_for_project("gh/acme/web")
            assert len(page) == 1

        @pytest.mark.asyncio
        async def test_asyncio(fake_circleci, circleci):
            fake_circleci.faults.fail_next(503, times=3)
            assert (await circleci.user.me()).login == fake_circleci.state.user.login
            assert len(fake_circleci.journal) == 4
        """,
    )
    result.assert_outcomes(passed=3)


def test_each_test_has_a_fake_of_its_own(pytester: pytest.Pytester, request: pytest.FixtureRequest) -> None:
    result = run(
        pytester,
        request,
        """
        import pytest

        @pytest.mark.parametrize("_", [1, 2])
        def test_new(fake_circleci, _):
            assert not fake_circleci.state.projects
            fake_circleci.add_project("gh/acme/web")
        """,
    )
    result.assert_outcomes(passed=2)


def test_a_test_that_reaches_the_real_host_fails(pytester: pytest.Pytester, request: pytest.FixtureRequest) -> None:
    result = run(
        pytester,
        request,
        """
        import httpx

        def test_openly():
            httpx.get("https://circleci.com/api/v2/me", trust_env=False)

        def test_in_secret():
            try:
                httpx.get("https://output.circle-artifacts.com/x", trust_env=False)
            except Exception:
                pass
        """,
    )
    outcomes = result.parseoutcomes()
    assert outcomes.get("passed", 0) <= 1  # the secret one passes and fails when it is torn down
    assert outcomes["failed"] == 1
    assert outcomes["errors"] == 2
    result.stdout.fnmatch_lines(["*tried to reach the real CircleCI at circleci.com*"])
    result.stdout.fnmatch_lines(["*tried to reach the real CircleCI at output.circle-artifacts.com*"])


@pytest.mark.real_circleci  # else the guard of this test would stand before the one that is tested
def test_other_hosts_and_marked_tests_are_left_alone(pytester: pytest.Pytester, request: pytest.FixtureRequest) -> None:
    result = run(
        pytester,
        request,
        """
        import socket
        import pytest

        def test_other():
            assert socket.getaddrinfo("127.0.0.1", 80)

        @pytest.mark.real_circleci
        def test_marked():
            assert socket.getaddrinfo.__module__ == "socket"

        def test_unmarked():
            assert socket.getaddrinfo.__module__ != "socket"
        """,
    )
    result.assert_outcomes(passed=3)


def test_loading_the_plugin_loads_no_fake_and_no_client() -> None:
    import subprocess
    import sys

    code = f"import {PLUGIN}, sys; print([name for name in sys.modules if name.startswith(('httpx', 'starlette', 'uvicorn'))])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert loaded.strip() == "[]"
