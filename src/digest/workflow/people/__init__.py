"""The commands on subscriber lists, and the import of another tool's export."""
