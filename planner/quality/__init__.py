"""How well a model does a task: abilities fitted on public scores (fit.py), and the task itself (task.py)."""
