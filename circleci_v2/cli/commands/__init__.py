"""The commands of ``circleci-v2``, one module for each heading of its help."""
