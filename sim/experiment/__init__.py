"""Many replications, and where they run."""
