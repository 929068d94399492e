"""Running code in a notebook's own kernel: finding it, waiting for it, executing, and taking its outputs in bounds."""
