"""Benchmarks. Each module has a `main()` that prints figures and ratios; none of them passes or fails."""
