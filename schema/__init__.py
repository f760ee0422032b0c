"""What can be said: the nouns of the public contract."""
