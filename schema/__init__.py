"""The nouns of the public contract, as GraphQL types."""
