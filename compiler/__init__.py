"""kasc compiles one declaration of a kube-apiserver into flags, a storage manifest and health checks."""

__version__ = "0.1.0"
