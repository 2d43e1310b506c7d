"""How it will be done, and what it will cost: chosen from the spec and the machine alone."""
