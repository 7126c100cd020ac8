"""What a person can ask of agreements: sign, bill, share, split, pledge, look, prove."""
