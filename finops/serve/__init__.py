"""`finops serve`: one process that runs the commands on time, each in a process of its own, and says how it is.

A child process is what makes a hang harmless: it can be killed, and what it held is free again. It runs the
very command that a person would, so what the service does can be done by hand.
"""
