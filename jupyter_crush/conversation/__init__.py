"""Sessions as they are kept: their rows, the history that a model is sent, forks and erasure."""
