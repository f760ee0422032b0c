"""Values: numbers, names, addresses, times and forms, and the rules by which they are valid."""
