"""`citrus help`: what there is to know beside the commands' own help, by topic."""
