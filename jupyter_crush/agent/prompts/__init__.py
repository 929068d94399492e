"""What the model is told, as text files, and the commands that a workspace's own files add."""
