"""Verbs: async functions from a snapshot and an input to a plain result."""
