"""A page is made flat, upright and even before anybody looks for numbers on it."""
