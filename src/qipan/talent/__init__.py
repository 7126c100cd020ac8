"""What follows a warning: where experts and posts of several regions meet, and who gains and who loses people by it."""
