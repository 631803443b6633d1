"""How well a model does a task: the capability model (fit.py, predict.py), a team's own scores (task.py), and what counts can tell
(statistics.py, sample_size.py, sequential.py, outcomes.py), with alarms of silent failure (alarms.py)."""
