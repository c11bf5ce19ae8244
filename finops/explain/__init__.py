"""What is said beside a finding: why a day cost what it did, the days before it, what the bill says of an estimate."""
