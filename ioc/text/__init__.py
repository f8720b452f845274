"""How words, figures and times read to people: Vietnamese first."""
