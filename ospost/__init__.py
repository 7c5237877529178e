"""The product, in layers; see docs/architecture.md."""
