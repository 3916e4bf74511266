"""Asyncio client for the CircleCI API v2."""

__version__ = "0.1.0"
