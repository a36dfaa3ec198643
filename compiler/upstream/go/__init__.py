"""Go's standard library, as far as kube-apiserver parses its configuration with it."""
