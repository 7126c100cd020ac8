"""What a person can ask of certificates: enter, issue, hand over, cover, retire, look, prove."""
