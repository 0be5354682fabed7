"""Pictures of the documentation's page on concepts and of the one on intervals."""
