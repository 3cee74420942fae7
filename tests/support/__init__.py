"""What tests stand on: databases, a browser, a mail server, a clock, and a guard against the network."""
