"""The room: taking part in a sitting, in a browser."""
