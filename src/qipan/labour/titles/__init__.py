"""Code job titles: characters, what examples teach, and which occupation a title most likely is."""
