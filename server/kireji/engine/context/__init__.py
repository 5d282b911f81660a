"""What the model gets to see: gathered, redacted, ranked, fitted."""
