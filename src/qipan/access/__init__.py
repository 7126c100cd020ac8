"""Access: users, roles, tokens."""
