"""Serving a model oneself: latency under load, replicas, bursts and cold starts."""
