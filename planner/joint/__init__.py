"""Outcomes that go together."""
