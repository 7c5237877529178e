"""Messages to addresses that people typed: nothing of ours may be reached through them."""
