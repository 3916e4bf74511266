"""Generates circleci_v2/_generated from an OpenAPI document."""

from __future__ import annotations

from codegen.generate.generation import GENERATED, differences, generate, render

__all__ = ["GENERATED", "differences", "generate", "render"]
