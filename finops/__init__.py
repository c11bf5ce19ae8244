"""Names on the Bedrock bill."""

__version__ = "0.1.0"
