"""The straight line from a cursor to a verified edit. Knows no LSP."""
