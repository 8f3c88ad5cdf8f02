"""Something hidden in a text of a given length: invented facts, a pass key."""
