"""Other languages, judged by their real tools."""
