"""Why a job is here, why a price is what it is, and what work the west should take."""
