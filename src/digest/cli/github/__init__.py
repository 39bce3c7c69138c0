"""What GitHub gets from the program: the pages of an issue and its alerts, and what a runner finds in the output."""
