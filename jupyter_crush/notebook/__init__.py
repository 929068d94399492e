"""What a person imports in a cell: the magics, ``ask``, and the chat widget."""
