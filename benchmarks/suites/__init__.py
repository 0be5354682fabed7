"""Out-of-domain suites: data (episodes, protocols, published figures) and what measures them."""
