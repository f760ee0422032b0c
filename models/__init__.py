"""What is true: the nouns of the centre and their rules."""
