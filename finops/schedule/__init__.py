"""When a job is due, and what is on record of those that ran."""
