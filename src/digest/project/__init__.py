"""The newsletter's folder: resolves paths and opens adapters. The composition root."""

from digest.project.clock import clock_of
from digest.project.issue_reading import IssueReading
from digest.project.project import Project, open_project
from digest.project.session import Session

__all__ = ["IssueReading", "Project", "Session", "clock_of", "open_project"]
