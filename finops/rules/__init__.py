"""Rules: their files, the days that they judge, the bounds they run in, and what they keep to themselves."""
