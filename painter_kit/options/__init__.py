"""What search and tuning can be told, as plain fields: the libraries check them, and the command
line has them too without loading what computes."""
