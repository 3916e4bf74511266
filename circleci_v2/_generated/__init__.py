"""The CircleCI API v2 as code, written by `make generate`; change openapi.json or templates/ instead of this."""
