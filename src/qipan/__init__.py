"""Qipan 棋盘: the whole country as one board, for compute and for work."""
