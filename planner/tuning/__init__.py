"""What a fine-tuned model will score on a task: fitted on published tunings, sharpened by a pilot run of the team's own."""
