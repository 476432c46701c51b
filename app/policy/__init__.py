"""The rule book: who may do what, and by which clause; standard library only, no I/O."""
