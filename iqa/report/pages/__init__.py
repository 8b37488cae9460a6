"""What each page says: contents made of stories."""
