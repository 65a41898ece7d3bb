"""A seeded synthetic registry with planted effects and planted faults."""
