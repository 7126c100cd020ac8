"""The command line: reads what was typed, asks a service, prints what it says."""
