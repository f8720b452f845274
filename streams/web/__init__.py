"""What all pages for people share: their look, and who may see them."""
