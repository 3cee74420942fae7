"""What the pages of evidence show, as plain values: words, tints, addresses. Templates decide nothing."""
