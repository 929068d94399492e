"""Processes: what a child may see, what the system shows of this one, and who is at the other end of a connection."""
