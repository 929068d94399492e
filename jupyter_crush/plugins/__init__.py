"""What other distributions and the administrator add, found by entry points and configuration."""
