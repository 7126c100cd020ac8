"""What a person can ask of warnings, and who is told of them."""
