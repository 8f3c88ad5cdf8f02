"""How well a long text is predicted through each policy's cache."""
