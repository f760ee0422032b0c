"""Tools of the tests: clients, servers and processes, and words for what the cast does."""
