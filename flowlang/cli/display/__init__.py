"""What people see of a running engine: observations as lines of a terminal."""

from .brief import Brief
from .safe import printable
from .style import Style
from .view import LiveView

__all__ = ["Brief", "LiveView", "Style", "printable"]
