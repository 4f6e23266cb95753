"""Imports a package that requirements.txt does not name."""

from build_information import VERSION  # noqa: F401
