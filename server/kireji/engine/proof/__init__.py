"""Proof beyond the gates: the project's own tests in a sandbox, its formatter, its policy, and what a person must look at."""
