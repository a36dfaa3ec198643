"""Many documents in one run: spread over processes, done again only where something changed; see docs/fleets.md."""
