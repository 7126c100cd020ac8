"""Files of agreements, scenarios and assets."""
