"""What a notice says and shows, whoever it goes to."""
