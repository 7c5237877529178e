"""Adapter to Meta's Graph API."""
