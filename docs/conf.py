"""Sphinx settings. Build with `make docs`; every warning is an error, and nothing is fetched."""

from importlib.metadata import version as version_of

project = "Qipan"
author = "The Qipan developers"
copyright = "The Qipan developers, Apache-2.0"
version = release = version_of("qipan")

extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build", "pictures"]
nitpicky = True

html_theme = "furo"
html_title = f"Qipan 棋盘 {release}"
html_show_copyright = False
html_copy_source = False
html_theme_options = {"navigation_with_keys": True}
