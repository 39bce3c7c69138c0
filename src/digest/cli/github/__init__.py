"""What GitHub reads of the program: the pages of an issue and its alerts, and what a runner finds in the output."""
