"""A team's own latency measurements: read from files or typed, checked, and kept with the task they were made for."""
