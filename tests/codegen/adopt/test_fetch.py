"""Fetching CircleCI's document: the checks, the kept file, and the output."""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from codegen import documents
from codegen.adopt.fetch import check_plausibility, main
from codegen.documents import OUR_DOCUMENT, read_document
from codegen.errors import SpecError
from codegen.queries import operations_of
from tests.codegen.support.documents import ours, vendor

OURS = ours()


class Site:
    """A web site with one page on a loopback socket."""

    def __init__(self) -> None:
        self.status, self.content_type, self.body = 200, "application/json", OUR_DOCUMENT.read_bytes()
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(site.status)
                self.send_header("content-type", site.content_type)
                self.end_headers()
                self.wfile.write(site.body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/openapi.json"


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    thread = threading.Thread(target=site.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield site
    site.server.shutdown()
    thread.join()
    site.server.server_close()


def test_a_document_is_downloaded_checked_kept_and_compared(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    newer = copy.deepcopy(OURS)
    newer["components"]["schemas"]["Workflow"]["properties"]["region"] = {"type": "string"}
    site.body = json.dumps(newer).encode()
    assert main([site.url, "--output", str(tmp_path / "build" / "openapi.json")]) == 0
    assert read_document(tmp_path / "build" / "openapi.json") == newer
    output = capsys.readouterr().out
    assert "Workflow.region" in output
    assert "1 safe" in output
    assert f"with {len(list(operations_of(OURS)))} operations" in output


def test_what_breaks_callers_is_printed_and_does_not_fail_the_download(tmp_path: Path, capsys):
    newer = copy.deepcopy(OURS)
    newer["paths"].pop("/me/collaborations")
    (tmp_path / "newer.json").write_text(json.dumps(newer))
    assert main([str(tmp_path / "newer.json"), "--output", str(tmp_path / "openapi.json")]) == 0
    output = " ".join(capsys.readouterr().out.split())
    assert "user.collaborations is removed (GET /me/collaborations) (relied on by cli)" in output
    assert "Collaboration.properties['avatar_url','vcs-type'] is not in this document" in output


def test_a_page_that_is_no_document_is_rejected_by_its_type(site: Site, tmp_path: Path, capsys):
    site.content_type, site.body = "text/html; charset=utf-8", b"<html>Log in</html>"
    assert main([site.url, "--output", str(tmp_path / "openapi.json")]) == 1
    assert "the response has text/html, which is not an OpenAPI document" in capsys.readouterr().err
    assert not (tmp_path / "openapi.json").exists()


def test_a_refused_document_leaves_the_last_one_where_it_is(site: Site, tmp_path: Path):
    kept = tmp_path / "openapi.json"
    kept.write_text("the last one")
    site.body = b'{"openapi": "3.0.3", "paths": {}}'
    assert main([site.url, "--output", str(kept)]) == 1
    assert kept.read_text() == "the last one"


def test_an_error_of_the_host_is_reported(site: Site):
    site.status = 503
    with pytest.raises(
        SpecError, match=r"http://127\.0\.0\.1:\d+/openapi\.json: the server returned 503 Service Unavailable instead"
    ):
        read_document(site.url)


def test_a_host_that_does_not_answer_is_reported(site: Site):
    url = site.url.replace(str(site.server.server_port), "1")
    with pytest.raises(SpecError, match=r"127\.0\.0\.1:1/openapi\.json: "):
        read_document(url)


def test_a_download_without_an_end_is_cut_off(site: Site, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(documents, "_MAXIMUM_SIZE", 100_000)
    with pytest.raises(SpecError, match="at most 100000"):
        read_document(site.url)


@pytest.mark.parametrize("content_type", ["application/vnd.oai.openapi+json;version=3.0", "text/plain", "text/yaml"])
def test_other_types_for_json_and_yaml_are_taken(site: Site, content_type: str):
    site.content_type = content_type
    assert read_document(site.url) == OURS


def test_a_stump_is_rejected():
    with pytest.raises(SpecError, match=r"stump: .* bytes is too small"):
        check_plausibility({"openapi": "3.0.3", "paths": {}}, "stump")


def test_a_document_that_is_no_valid_openapi_is_rejected_with_the_location():
    broken = copy.deepcopy(OURS)
    broken["paths"]["/me"]["get"]["parameters"] = [{"in": "query"}]
    with pytest.raises(SpecError, match=r"broken: not valid OpenAPI: paths//me/get"):
        check_plausibility(broken, "broken")


def test_a_document_in_several_files_is_rejected_before_any_is_fetched():
    torn = copy.deepcopy(OURS)
    torn["paths"]["/me"]["get"]["parameters"] = [{"$ref": "http://127.0.0.1:1/parameters.json"}]
    with pytest.raises(
        SpecError,
        match=r"torn: /paths//me/get/parameters/0: \$ref 'http://127.0.0.1:1/parameters.json' leaves the document",
    ):
        check_plausibility(torn, "torn")


def test_half_a_document_is_rejected():
    half: dict[str, Any] = copy.deepcopy(OURS)
    half["paths"] = dict(list(half["paths"].items())[:20])
    have = len(list(operations_of(OURS)))
    plausible = f"ours has {have}, so between {have // 2} and {have * 3} are plausible"
    with pytest.raises(SpecError, match=rf"half: \d+ operations; {plausible}"):
        check_plausibility(half, "half")


def test_every_newer_document_of_circleci_passes(reference: Path):
    for name in ("2023-10", "2024-11", "2025-05", "2025-10", "2026-08-partial"):
        check_plausibility(vendor(reference, name), name)
