"""Somebody's own SELECT: the command's side, and the throw-away process that runs it."""
