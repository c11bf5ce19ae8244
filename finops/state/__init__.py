"""What cannot be built again: incidents, what people said of them, and what is still to be sent."""
