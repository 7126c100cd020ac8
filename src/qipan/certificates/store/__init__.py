"""Tables of certificates; rows are never changed, the engines refuse it."""
