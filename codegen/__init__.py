"""The spec tools: from an OpenAPI document to circleci_v2/_generated. Development only, never shipped."""
