"""Slack: the channel, what its messages look like, and what comes back when a button is pressed."""
