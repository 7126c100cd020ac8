"""Tables and queries of the ledger, named as its nouns are."""
