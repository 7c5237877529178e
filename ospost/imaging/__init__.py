"""Adapter to Pillow."""
