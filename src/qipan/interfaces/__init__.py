"""The doors: command line, REST and console; they translate, ask a service and render."""
