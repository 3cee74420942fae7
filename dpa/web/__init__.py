"""The edge to the browser: access, forms, errors, filters, navigation, headers. Knows no slice."""
