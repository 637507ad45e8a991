"""Notices to the people who run this: `notify`."""

from .backend import NotifyBackend, Service, service
from .kind import KIND

__all__ = ["KIND", "NotifyBackend", "Service", "service"]
