"""Events: how partners and subscribers learn of changes, in order and without gaps."""
