"""Web pages and sitemaps."""
