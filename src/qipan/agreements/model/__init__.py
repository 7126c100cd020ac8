"""Nouns of agreements: terms, shares, events of an enclave, scenarios, assets that are financed."""
