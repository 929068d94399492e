"""How fast, how much: each number beside what it is compared with, measured in one run. ``python -m bench [NAME …]``."""
