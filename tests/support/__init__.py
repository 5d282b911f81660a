"""Shared by the tests: clients, stand-ins, tables."""
