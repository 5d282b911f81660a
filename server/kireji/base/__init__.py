"""Foundations: vocabulary, text, syntax, children, settings, money. No LSP, no model."""
