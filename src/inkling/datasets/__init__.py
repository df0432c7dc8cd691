"""Labelled pictures of digits, by name or by path."""
