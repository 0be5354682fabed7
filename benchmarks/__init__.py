"""Tables, demos and speed measurements on top of the toolkit."""
