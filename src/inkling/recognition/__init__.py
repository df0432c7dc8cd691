"""One picture to a distribution over the digits, and why."""
