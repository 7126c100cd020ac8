"""The console: server-rendered pages of the board, with charts drawn in the browser."""
