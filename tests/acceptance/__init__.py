"""What users are promised, tried on real worker processes."""
