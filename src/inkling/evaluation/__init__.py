"""How good a network is, how far its confidence can be believed, and pictures of both."""
