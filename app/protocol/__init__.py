"""What may be said over a socket: shared by server and client, versioned as ``cwg.v1``."""

SUBPROTOCOL = "cwg.v1"
