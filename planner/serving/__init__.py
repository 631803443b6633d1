"""Serving open models oneself: how fast they answer on GPUs, latency under load, and how many GPUs a task takes."""
