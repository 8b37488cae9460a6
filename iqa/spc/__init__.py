"""Control charts and run rules: numbers in, signals out."""
