"""One function for each command that needs several rooms."""
