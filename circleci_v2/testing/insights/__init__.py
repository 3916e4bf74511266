"""Insights: numbers about a project, computed from what it ran."""
