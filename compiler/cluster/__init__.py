"""Live etcd and API servers, read only, compared with what the configuration declares."""
