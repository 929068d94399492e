"""Looking at a kernel's variables: one request to the kernel, and what comes back from it."""
