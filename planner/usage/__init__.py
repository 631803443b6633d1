"""Logs of real traffic become tasks: one file a log format."""
