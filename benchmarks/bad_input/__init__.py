"""Bad input for every reader: what is refused, what is accepted, and what breaks a reader."""
