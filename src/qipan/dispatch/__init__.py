"""Where should today's work run, and what is an hour of compute worth there?"""
