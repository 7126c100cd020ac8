"""What every door shows alike: words in two languages, numbers, tables, charts, and the day as one HTML file."""
