"""What changed between two documents: read off the packages that would be generated from them, and graded."""
