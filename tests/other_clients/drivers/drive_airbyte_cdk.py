"""airbyte-cdk with a manifest for the twelve streams of Airbyte's connector. Each stream is one call.

The requests are those of the connector, including the query parameters that the API does not know.
"""

from airbyte_cdk.models import ConfiguredAirbyteCatalogSerializer
from airbyte_cdk.sources.declarative.concurrent_declarative_source import ConcurrentDeclarativeSource
from airbyte_cdk.test.entrypoint_wrapper import read
from calls import KNOWN as K
from calls import call, check, finish

ORGANIZATION = K["standalone_organization_id"]
SLUG = f"circleci/{ORGANIZATION}/{K['standalone_project_id']}"
OWNER = {"owner-id": ORGANIZATION}
ORG_SLUG = {"org-slug": f"circleci/{ORGANIZATION}"}
WITH_MILLISECONDS, WITHOUT = "%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%dT%H:%M:%SZ"

# name: path, query, key of the records, primary key, cursor field and its format
STREAMS = {
    "context": ("v2/context", OWNER, ["items"], "id", ("created_at", WITH_MILLISECONDS)),
    "self_ids": ("v2/me", OWNER, [], "id", None),
    "self_collaborations": ("v2/me/collaborations", OWNER, [], "id", None),
    "me": ("v1.1/me", OWNER, [], "analytics_id", ("created_at", WITH_MILLISECONDS)),
    "projects": ("v1.1/projects", OWNER, [], "vcs_url", None),
    "pipelines": ("v2/pipeline", ORG_SLUG, ["items"], "id", ("created_at", WITH_MILLISECONDS)),
    "specific_project": (f"v2/project/{SLUG}", ORG_SLUG, [], "id", None),
    "jobs": (f"v2/project/{SLUG}/job/{K['standalone_job_number']}", {}, [], "number", None),
    "workflow": (f"v2/workflow/{K['standalone_workflow_id']}", {}, [], "id", ("created_at", WITHOUT)),
    "insights_metrics": (f"v2/insights/pages/{SLUG}/summary", ORG_SLUG, [], "project_id", None),
    "insights_branches": (f"v2/insights/{SLUG}/branches", ORG_SLUG, [], "project_id", None),
    "workflow_jobs": (
        f"v2/workflow/{K['standalone_workflow_id']}/job",
        {},
        ["items"],
        "id",
        ("started_at", WITHOUT),
    ),
}


def describe(name):
    path, query, records, key, cursor = STREAMS[name]
    stream = {
        "type": "DeclarativeStream",
        "name": name,
        "primary_key": [key],
        "schema_loader": {
            "type": "InlineSchemaLoader",
            "schema": {
                "type": "object",
                "additionalProperties": True,
                "properties": {key: {"type": ["string", "number"]}},
            },
        },
        "retriever": {
            "type": "SimpleRetriever",
            "requester": {
                "type": "HttpRequester",
                "url_base": f"{K['origin']}/api/",
                "path": path,
                "http_method": "GET",
                "request_parameters": query,
                "authenticator": {
                    "type": "ApiKeyAuthenticator",
                    "api_token": "{{ config['api_key'] }}",
                    "inject_into": {"type": "RequestOption", "inject_into": "header", "field_name": "Circle-Token"},
                },
            },
            "record_selector": {
                "type": "RecordSelector",
                "extractor": {"type": "DpathExtractor", "field_path": records},
            },
            "paginator": {
                "type": "DefaultPaginator",
                "page_token_option": {
                    "type": "RequestOption",
                    "inject_into": "request_parameter",
                    "field_name": "page-token",
                },
                "pagination_strategy": {
                    "type": "CursorPagination",
                    "cursor_value": "{{ response.get('next_page_token') }}",
                    "stop_condition": "{{ not response.get('next_page_token') }}",
                },
            },
        },
    }
    if cursor is not None:
        field, form = cursor
        stream["incremental_sync"] = {
            "type": "DatetimeBasedCursor",
            "cursor_field": field,
            "datetime_format": form,
            "cursor_datetime_formats": [form],
            "start_datetime": {
                "type": "MinMaxDatetime",
                "datetime": "{{ config['start_date'] }}",
                "datetime_format": WITHOUT,
            },
        }
    return stream


MANIFEST = {
    "version": "6.0.0",
    "type": "DeclarativeSource",
    "check": {"type": "CheckStream", "stream_names": ["context"]},
    "streams": [describe(name) for name in STREAMS],
    "spec": {
        "type": "Spec",
        "connection_specification": {"type": "object", "properties": {}, "additionalProperties": True},
    },
}
CONFIG = {"api_key": K["token"], "start_date": K["start_date"]}


def sync(name):
    key, cursor = STREAMS[name][3:]
    catalog = ConfiguredAirbyteCatalogSerializer.load(
        {
            "streams": [
                {
                    "stream": {
                        "name": name,
                        "json_schema": {},
                        "supported_sync_modes": ["full_refresh", "incremental"],
                    },
                    "sync_mode": "full_refresh" if cursor is None else "incremental",
                    "destination_sync_mode": "append",
                }
            ]
        }
    )
    source = ConcurrentDeclarativeSource(catalog=catalog, config=CONFIG, state=None, source_config=MANIFEST)
    output = read(source, CONFIG, catalog)
    check(not output.errors, "; ".join(str(error.trace.error.message) for error in output.errors))
    check(output.records, "the stream has no records")
    missing = [record for record in output.records if record.record.data.get(key) is None]
    check(not missing, f"{len(missing)} of {len(output.records)} records have no {key}")


for stream in STREAMS:
    call(stream, sync, stream)
finish()
