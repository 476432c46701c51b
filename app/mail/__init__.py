"""Letters: what they say, to which addresses, and the loop that sends them."""
