"""A path or bytes become pictures; the reader is chosen by content, not by suffix."""
