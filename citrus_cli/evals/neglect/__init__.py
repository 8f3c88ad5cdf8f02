"""Information neglect: what is predicted well, and lost all the same."""
