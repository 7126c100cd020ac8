"""How regions differ, whether the gap closes, and what each is good at."""
