"""Other programs' numbers on the same scan, each program in a process of its own."""
