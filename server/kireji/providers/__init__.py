"""Where completions come from. Each vendor library has one importer."""
