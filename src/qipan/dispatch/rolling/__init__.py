"""A board operated as jobs arrive, forecasts err and sites hold back."""
