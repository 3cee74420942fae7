"""What the pages of the workflow show, put together from reads and rules; templates decide nothing."""
