from __future__ import annotations

import sys

import pytest

from circleci_v2.testing.specification import require_extra

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


def test_waits_of_the_client_take_no_real_time(pytester: pytest.Pytester, request: pytest.FixtureRequest) -> None:
    result = run(
        pytester,
        request,
        """
        import pytest

        @pytest.mark.anyio
        @pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
        async def test_waits(fake_circleci, circleci):
            before = fake_circleci.clock.now()
            fake_circleci.faults.fail_next(429, retry_after=50)
            await circleci.user.me()
            assert fake_circleci.clock.now() >= before + 50
        """,
    )
    result.assert_outcomes(passed=2)


def test_arguments_of_the_fake_come_from_markers_and_from_a_fixture(
    pytester: pytest.Pytester, request: pytest.FixtureRequest
) -> None:
    result = run(
        pytester,
        request,
        """
        import pytest
        from circleci_v2.testing import Clock

        pytestmark = pytest.mark.circleci_fake(token="of-the-module", realistic=True)

        @pytest.fixture
        def circleci_fake_options():
            return {"token": "of-the-fixture", "spelling": "document", "clock": Clock(speed=1)}

        def test_module(fake_circleci, circleci):
            assert fake_circleci.token == "of-the-module"
            assert fake_circleci.realistic
            assert fake_circleci.clock.running

        @pytest.mark.circleci_fake(token="of-the-test", realistic=False)
        def test_test(fake_circleci):
            assert fake_circleci.token == "of-the-test"
            assert not fake_circleci.realistic
        """,
    )
    result.assert_outcomes(passed=2)


def test_a_strict_fake_fails_tests_that_send_what_the_document_does_not_allow(
    pytester: pytest.Pytester, request: pytest.FixtureRequest
) -> None:
    pytester.makeini("[pytest]\ncircleci_check_requests = strict\n")
    result = run(
        pytester,
        request,
        """
        import contextlib
        import pytest
        from circleci_v2 import CircleCIError

        @pytest.mark.anyio
        async def test_odd(circleci, anyio_backend_name):
            with contextlib.suppress(CircleCIError):
                await circleci.request("GET", "/me", query={"owner-id": "x"})

        @pytest.mark.anyio
        async def test_plain(circleci):
            await circleci.user.me()

        @pytest.mark.anyio
        @pytest.mark.circleci_fake(check_requests="lenient")
        async def test_lenient(circleci, fake_circleci):
            await circleci.request("GET", "/me", query={"owner-id": "x"})
            assert len(fake_circleci.complaints) == 1

        @pytest.fixture
        def anyio_backend():
            return "asyncio"
        """,
    )
    outcomes = result.parseoutcomes()
    assert (outcomes["passed"], outcomes["errors"]) == (3, 1)  # the odd one passes and fails when it is torn down
    result.stdout.fnmatch_lines(["*query parameter 'owner-id' is not described*"])


def test_without_the_extra_the_fixtures_say_what_to_install(
    pytester: pytest.Pytester, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_extra.cache_clear()
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    try:
        result = run(pytester, request, "def test_it(circleci): pass")
    finally:
        require_extra.cache_clear()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*FakeCircleCI needs uvicorn, which is not installed: pip install 'circleci_v2?testing?'*"]
    )
