"""The machine's own decisions over a store in memory and a simulated Meta, in virtual time."""
