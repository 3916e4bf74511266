"""What exists at the fake CircleCI: organizations, projects, pipelines and what they run."""
