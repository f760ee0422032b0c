"""Values: numbers, names, addresses, times and forms, and when each is valid."""
