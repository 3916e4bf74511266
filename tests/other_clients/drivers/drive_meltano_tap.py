"""meltano-tap-circle-ci; its base URL is a setting. Each stream is one call."""

import contextlib
import io
import json

from calls import KNOWN as K
from calls import call, check, finish
from tap_circle_ci.tap import TapCircleCI

CONFIG = {"token": K["token"], "org_slug": "gh/acme", "base_url": K["url"]}


def sync(stream):
    tap = TapCircleCI(config=CONFIG)
    for entry in tap.catalog.values():
        for metadata in entry.metadata.values():
            metadata.selected = False
        entry.metadata.root.selected = entry.tap_stream_id == stream
    tap = TapCircleCI(config=CONFIG, catalog=tap.catalog.to_dict())
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        tap.sync_all()
    types = [json.loads(line)["type"] for line in output.getvalue().splitlines()]
    check("RECORD" in types, f"the stream {stream} has no records")


for stream in ("pipelines", "workflows", "jobs", "contexts"):
    call(stream, sync, stream)
finish()
