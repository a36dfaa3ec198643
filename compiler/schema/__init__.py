"""JSON Schemas: made from the catalog, applied to documents."""
