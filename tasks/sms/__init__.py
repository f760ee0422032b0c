"""SMS: the GSM alphabet and the gateways."""
