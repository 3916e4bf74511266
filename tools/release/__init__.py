"""Checks of the distributions before a release, and the environments in which they are tried."""
