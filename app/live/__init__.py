"""How news travels: from the journal to the rooms, and from the rooms over the wire."""
