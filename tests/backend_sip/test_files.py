"""The backend may have as many sockets as the operator allows."""

from __future__ import annotations

import resource

from flowlang.backends.files import ENOUGH, raise_file_limit


def test_the_limit_of_open_files_goes_up_to_what_is_allowed() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(512, before[1]), before[1]))
        assert raise_file_limit() == min(ENOUGH, before[1])
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (min(ENOUGH, before[1]), before[1])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
