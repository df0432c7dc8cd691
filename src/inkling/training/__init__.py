"""One step, the loop, and everything that a run is made of."""
