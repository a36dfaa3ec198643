"""What to watch about the declared server: rules, a scrape configuration and a dashboard."""
