"""What the model is given: how it is built, where the window on a long chat begins, how it is shortened."""
