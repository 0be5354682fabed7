"""Plain array functions that published metrics are made of."""
