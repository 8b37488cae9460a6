"""Limits, baselines and comparability in, verdicts out."""
