"""Transports: which connections carry a request, and how connections are pooled."""
