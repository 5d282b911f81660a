"""Kireji: a language server that validates AI suggestions before it shows them."""

__version__ = "0.1.0"
