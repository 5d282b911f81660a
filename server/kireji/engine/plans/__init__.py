"""A planned change over several files: the plan as data, and which files it may read, change and make."""
