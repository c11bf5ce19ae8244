"""What is read rather than told at once: the demo's lines, digests, budgets, a replay, a test message."""
