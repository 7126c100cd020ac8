"""Words that several pillars share: errors, units, money, time, places."""
