"""A team's own evals: what their tools write, read into counts a task can keep. One file a format; no prompt, no answer is kept."""
