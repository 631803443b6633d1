"""One file a pattern; the folder is the registry. A pattern never imports another."""
