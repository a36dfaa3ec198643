"""The storage factory: where and how every resource is stored."""
