"""Telling people: who is told, in which order, what becomes of a message that is not taken, and who owns it."""
