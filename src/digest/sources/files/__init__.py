"""Articles in the newsletter's own folder: plain text, Markdown and HTML."""
