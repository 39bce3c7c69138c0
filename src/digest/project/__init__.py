"""The newsletter's folder: resolves paths and opens adapters. The composition root."""

from digest.project.clock import clock_of
from digest.project.project import Project, open_project

__all__ = ["Project", "clock_of", "open_project"]
