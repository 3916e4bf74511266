"""Checks of the repository itself; development only."""
