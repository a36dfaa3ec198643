"""What a flag, key, feature gate, admission plugin, diagnostic code or artifact field means."""
