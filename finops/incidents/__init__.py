"""What lasts: findings become incidents, and incidents notices. Pure."""
