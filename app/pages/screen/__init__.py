"""The hall screen: what everyone in the room may know, to be read from the last row."""
