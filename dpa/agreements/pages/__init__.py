"""What the pages of agreements show, as frozen values: every word and tint is chosen here, templates only lay it out."""
