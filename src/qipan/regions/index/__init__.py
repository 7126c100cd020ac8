"""The chain of a composite index: from raw indicators to scores, ranks and how sure these are."""
