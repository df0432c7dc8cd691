"""Lines of handwritten numbers: what they are made of, and those that are made up."""
