"""How an operation is executed: limits, cost, rates, errors and metrics."""
