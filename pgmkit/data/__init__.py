"""Data that needs no network: seeded toys and small packaged sets."""
