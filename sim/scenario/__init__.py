"""What a scenario file may say, and the strict reader that turns one into typed values."""
