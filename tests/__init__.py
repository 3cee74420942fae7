"""The tests. They mirror `dpa/`; shared ground is in `tests/support`."""
