"""Files that are whole or absent, and that never land outside the directory that the user chose."""
