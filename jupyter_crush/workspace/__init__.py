"""One folder and all that a client can ask of it, and the registry from real paths to workspaces."""
