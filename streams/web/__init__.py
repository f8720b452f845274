"""What all web servers do alike: their look, their checks, who people are, their database."""
