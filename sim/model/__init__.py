"""What happens in one replication: plan and draws in, an outcome out."""
