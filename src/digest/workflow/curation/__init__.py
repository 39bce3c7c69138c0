"""What an editor does by hand: add articles and feeds, edit issue.md, and look after the reading list."""
