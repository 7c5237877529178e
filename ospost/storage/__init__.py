"""Adapter to files."""
