"""A prompt's way: accepted into a session's lane, run as a turn of steps and tool calls, concluded, and recovered after a crash."""
