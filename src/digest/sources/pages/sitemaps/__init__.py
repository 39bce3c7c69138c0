"""Sitemaps as a source."""
