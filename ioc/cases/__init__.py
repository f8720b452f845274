"""Cases: the entities behind a figure, for the people who handle them."""
