"""What ticks."""
