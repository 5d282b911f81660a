"""What the workspace defines, kept by a process of its own that may be killed. The server imports `client` alone."""
