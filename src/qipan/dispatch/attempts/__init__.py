"""What became of each giving of a job to a site."""
