"""What `make` runs: the launcher, the server, and what they need. No part of the product."""
