"""What the readers of a page see of it."""
