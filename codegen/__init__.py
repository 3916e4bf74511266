"""Generate circleci_v2/_generated from an OpenAPI document, and keep openapi.json up to date. Development only, not shipped."""
