"""What Python code means, asked of jedi in a process of its own that can be killed. The server imports `client` alone."""
