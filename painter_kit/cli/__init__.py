"""The painterkit command line."""
