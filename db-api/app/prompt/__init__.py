"""What the model is given: how the prompt is built, and trimmed when the chat gets too long."""
