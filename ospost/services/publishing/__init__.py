"""The publishing machine: claims, steps and what they write."""
