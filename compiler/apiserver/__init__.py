"""The model of kube-apiserver: options, configuration files, storage, health checks and start-up."""
