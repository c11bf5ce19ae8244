"""Mail: the channel, and its HTML."""
