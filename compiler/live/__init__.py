"""What talks to running servers. Nothing on the way from a document to its artifacts imports it."""
