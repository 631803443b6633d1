"""Exports: pure functions from plain data to bytes, one file a format."""
