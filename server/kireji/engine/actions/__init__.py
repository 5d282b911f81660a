"""What may be done to code on request: one file per action, each plain data and a few pure functions."""
