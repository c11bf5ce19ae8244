"""Who spent it: the rungs that give a line its names, and the exact shares of a line that several share."""
