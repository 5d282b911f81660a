"""What must hold of a candidate before it is shown."""
