"""What Kubernetes, etcd and Go are: facts by version and grammars. Nothing here knows about kasc."""
