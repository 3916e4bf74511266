"""A server whose names and messages attack the terminal, and the detection of what reaches it."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from typing import Any, Final

from tests.loopback import Handler, Received, Reply

PAYLOADS: Final = {
    "set the title (OSC 0)": "\x1b]0;owned\x07",
    "link to elsewhere (OSC 8)": "\x1b]8;;https://evil.example\x1b\\docs\x1b]8;;\x1b\\",
    "write to the clipboard (OSC 52)": "\x1b]52;c;cm0gLXJm\x07",
    "clear the screen (CSI)": "\x1b[2J\x1b[H",
    "conceal text (SGR)": "\x1b[8mhidden\x1b[28m",
    "clear the screen (C1 CSI)": "\x9b2J",
    "set the title (C1 OSC)": "\x9d0;owned\x9c",
    "device control string": "\x1bPq#0\x1b\\",
    "device control string (C1)": "\x90q#0\x9c",
    "reset": "\x1bc",
    "overwrite the line": "safe\rFAKE",
    "backspace, delete, bell, null": "\x08\x7f\x07\x00",
    "shift to line drawing": "\x0e",
    "bidi override": "\u202etxt.exe\u202c",
    "bidi isolate": "\u2066a\u2069\u2067b\u2069",
    "bidi marks": "\u200e\u200f\u061c",
    "zero width": "ma\u200bi\u200cn\u200d\u2060\ufeff\u00ad",
    "tags": "a\U000e0041\U000e007f",
    "separators": "a\u2028b\u2029c\x85d",
    "fake line": "x\nerror: fake",
    "lone surrogates": "\udc9b2J\udfff.\ud800.",
    "filler": "\u3164\u115f\u034f",
    "closing markup": "[/]",
    "markup": "[bold red]x[/bold red]",
    "markup link": "[link=https://evil.example]docs[/link]",
    "emoji code": ":smile: :warning:",
}
NASTY: Final = "".join(PAYLOADS.values())
PIPELINE_ID: Final = "5034460f-c7c4-4c43-9457-de07e2029e7b"
WORKFLOW_ID: Final = "fda08377-fe7e-46b1-8992-3a7aaecac9c3"

_HIDDEN_CATEGORIES: Final = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_INVISIBLE: Final = frozenset("\u3164\u115f\u1160\u034f\uffa0")
# The sequences that rich sends itself: colours, the visibility of the cursor, one line up, clearing a line.
_SEQUENCES_OF_RICH: Final = re.compile(r"\x1b\[(?:\d+(?:;\d+)*)?m|\x1b\[\?25[lh]|\x1b\[1A|\x1b\[2K|\r")


def hidden_characters(text: str, *, allowed: str = "") -> set[str]:
    """Return the characters of the text that control a terminal or hide something."""
    return {
        character
        for character in text
        if character not in allowed
        and (unicodedata.category(character) in _HIDDEN_CATEGORIES or character in _INVISIBLE)
    }


def without_colours(output: str) -> str:
    """Return the output of a terminal without the sequences of rich; none of them may be one of the payloads."""
    assert "\x1b[8m" not in output
    assert "\x1b[2J" not in output
    assert "\x1b]" not in output
    return _SEQUENCES_OF_RICH.sub("", output)


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


def routes(name: str) -> dict[str, Any]:
    """Return the responses of a CircleCI in which every text that a stranger can choose is this name."""
    pipeline = {
        "id": PIPELINE_ID,
        "number": 1,
        "project_slug": "gh/acme/web",
        "state": "errored",
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
        "errors": [{"type": name, "message": name}],
        "trigger": {"type": name, "received_at": name, "actor": {"login": name, "avatar_url": name}},
        "vcs": {"branch": name, "revision": name, "provider_name": name, "tag": name},
        name: name,
    }
    workflow = {
        "id": WORKFLOW_ID,
        "pipeline_id": PIPELINE_ID,
        "pipeline_number": 1,
        "project_slug": "gh/acme/web",
        "name": name,
        "status": name,
        "started_by": name,
        "created_at": "2026-01-01T00:00:00Z",
        "stopped_at": "2026-01-01T00:01:00Z",
    }
    job = {"id": WORKFLOW_ID, "name": name, "status": name, "type": name, "started_at": "2026-01-01T00:00:00Z"}
    flaky = {
        "test_name": name,
        "times_flaked": 2,
        "job_name": name,
        "workflow_name": name,
        "file": name,
        "workflow_created_at": name,
        "job_number": 1,
    }
    artifacts = [{"path": path, "node_index": 0, "url": name} for path in (name, *PAYLOADS.values())]
    organization = {"id": name, "slug": name, "name": name, "vcs_type": name, "avatar_url": name}
    return {
        "/me": {"id": PIPELINE_ID, "login": name, "name": name},
        "/me/collaborations": [organization],
        "/project/gh/acme/web/pipeline": page([pipeline]),
        f"/pipeline/{PIPELINE_ID}": pipeline,
        f"/pipeline/{PIPELINE_ID}/workflow": page([workflow]),
        f"/workflow/{WORKFLOW_ID}/job": page([job | {"job_number": 1}]),
        "/project/gh/acme/web/1/artifacts": page(artifacts),
        "/insights/gh/acme/web/flaky-tests": {"flaky_tests": [flaky], "total_flaky_tests": 1},
        "POST /project/gh/acme/web/pipeline": {
            "id": PIPELINE_ID,
            "number": 1,
            "state": name,
            "created_at": "2026-01-01T00:00:00Z",
        },
    }


def page(items: list[Any]) -> dict[str, Any]:
    return {"items": items, "next_page_token": None}


def hostile_server(name: str = NASTY, **changed: Any) -> Handler:
    """Return a handler that names everything so.

    Args:
        name: The name.
        **changed: ``post``: a `Reply` to requests for a pipeline, in place of the regular one.
    """
    known = routes(name)
    post: Callable[[Received], Reply] | None = changed.get("post")

    def handle(request: Received) -> Reply:
        headers = {"Content-Type": "application/json", "X-Request-Id": "\x9b2J\x1b]0;owned\x07"}
        if request.method == "POST" and post is not None:
            return post(request)
        path = request.path.removeprefix("/api/v2")
        key = path if request.method == "GET" else f"{request.method} {path}"
        if key not in known:
            return Reply(404, headers, encoded({"message": name}))
        return Reply(201 if request.method == "POST" else 200, headers, encoded(known[key]))

    return handle
