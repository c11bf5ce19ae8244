"""What comes back from people: a button pressed below a message, proven, done once, said back, drawn anew."""
