"""What the model can call: the port, and one file a tool with its text for the model beside it."""
