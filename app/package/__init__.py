"""Binds the records of a sitting into one file that opens from a folder, without a server."""
