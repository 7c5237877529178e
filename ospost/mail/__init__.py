"""Adapter to mail."""
