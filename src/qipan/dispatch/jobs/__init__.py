"""From what a file says of jobs to classes of the programme."""
