"""The storage factory: for every resource, where and how it is stored."""
