"""What a person can ask of accounts: post, look, prove, claim."""
