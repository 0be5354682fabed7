"""Training of a Painter on pairs."""
