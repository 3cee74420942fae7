"""DPA Desk: contract terms become running clocks, workflows, alerts and evidence."""

__version__ = "0.1.0"
