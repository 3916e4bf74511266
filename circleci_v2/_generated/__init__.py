"""The CircleCI API v2 as code, written by `make generate`: edit openapi.json or templates/, not this package."""
