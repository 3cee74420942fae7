"""Customers and agreements from a CSV file: read, checked row by row, previewed, and carried out only when confirmed."""
