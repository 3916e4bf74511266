"""Bring a newer document of CircleCI's into openapi.json, and check the descriptions of the result."""
