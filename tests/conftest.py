"""Settings of every test."""

from hypothesis import settings

# A machine that is busy is no defect: no test is judged by its time.
settings.register_profile("untimed", parent=settings(), deadline=None)
settings.load_profile("untimed")
