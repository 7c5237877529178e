"""Use cases over rows."""
