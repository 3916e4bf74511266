"""Benchmarks: run them with ``make bench``, which writes ``docs/benchmarks.md``."""
