"""Doors for people: the portal, the room, the console and the desk."""
