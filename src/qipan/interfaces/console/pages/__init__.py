"""One module a page: ask a service, render."""
