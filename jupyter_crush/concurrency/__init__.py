"""Tasks, threads, locks by key and clocks: what runs beside what, and nothing about the agent."""
