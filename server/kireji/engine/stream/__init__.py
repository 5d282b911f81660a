"""Where a stream ends, and how its text joins the buffer."""
