"""Learn the prompt pair with the model frozen."""
