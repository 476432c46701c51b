"""The guest: remote participation in Python and in the terminal."""

from app.client.address import Address, AddressFault, Unusable
from app.client.door import Aside, Asides, Filed, Unsent
from app.client.ending import End, Ended, Ending
from app.client.guest import Guest, LineChanged, News, Patience, State
from app.client.picture import Told, Turn

__all__ = [
    "Address",
    "AddressFault",
    "Aside",
    "Asides",
    "End",
    "Ended",
    "Ending",
    "Filed",
    "Guest",
    "LineChanged",
    "News",
    "Patience",
    "State",
    "Told",
    "Turn",
    "Unsent",
    "Unusable",
]
