"""What `make bench` runs: ratios in one run, no asserted times."""
