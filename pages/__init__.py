"""Thin pages: read state, call the planner, draw."""
