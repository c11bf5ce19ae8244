"""What finops.toml declares of the company: its workloads, its budgets, what is planned."""
