"""From a person to a job: the shortest set of modules that teaches what they lack."""
