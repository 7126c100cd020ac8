"""Where pillars meet: a day runs observe, plan, settle."""
