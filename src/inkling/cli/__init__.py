"""Commands; the one place that turns an error into an exit code."""
