"""The port to language models, the catalogue of them, the Anthropic adapter, the demo model and the scripted double."""
