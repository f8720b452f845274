"""What all pages for people share: their look; and what all web servers do alike."""
