"""Slack: the channel, and what its messages look like. What comes back from it is `finops.answers`."""
