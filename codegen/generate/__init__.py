"""From a normalized document to circleci_v2/_generated."""

from __future__ import annotations

from codegen.generate.generation import GENERATED, differences, generate, render

__all__ = ["GENERATED", "differences", "generate", "render"]
