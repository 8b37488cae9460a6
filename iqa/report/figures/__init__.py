"""Pictures of phantoms, scans and curves; chart functions take data and an Axes and return the Axes."""
