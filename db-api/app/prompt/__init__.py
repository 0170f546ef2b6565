"""What the model is given: built, windowed in a long chat, shortened if it was refused."""
