"""What is said about a server beyond its start-up: risks, policies, suppression, fixes."""
