"""Texts by which others have broken out of where they were put, for every field that a script fills."""

from __future__ import annotations

_INTO = (
    'X-Evil: 1', 'Host: evil.example', 'Content-Length: 0', 'Transfer-Encoding: chunked',
    'Bcc: evil@evil.example', 'To=%2B19005550199', 'GET /evil HTTP/1.1\r\nHost: evil.example',
)  # fmt: skip
_BREAKS = (
    '\r\n', '\n', '\r', '\r\n\r\n', '\x0b', '\x0c', '\x85', '\u2028', '\u2029', '\x00', '%0d%0a',
    '\\r\\n', '嘊嘍',
)  # fmt: skip
CRLF = tuple(f"a{between}{what}" for between in _BREAKS for what in _INTO)
"""Line breaks of every kind with what would be a header, a recipient or a command behind them."""

STRINGS = (
    '', ' ', 'undefined', 'null', 'None', 'NaN', '0', '-1', '1e309', 'true', '\t', '\x7f', '\ufeff',
    '\u202etest\u202c', 'Ω≈ç√∫', '田中さん', '👩\u200d👩\u200d👧\u200d👦', 'Z͑ͫ̓ͪ̂ͫ̽͏̴̙A', '﷽', '\ud7ff',
    '\U0010ffff', "'", '"', '\'\'\'\'"', '<>?:{}|_+', '<script>alert(1)</script>', '&lt;b&gt;',
    ']]>', '<![CDATA[', '../../etc/passwd', '/dev/null', '|cat /etc/passwd', '$(touch /tmp/x)',
    '`id`', '; ls', '&& reboot', '%n%s%d', '{0}', '{to}', '{token}', '{account}', '{status_url}',
    '${HOME}', '{{7*7}}', '#{1}', '1;DROP TABLE x', "' OR 1=1 --", '\x1b[31mred', "a" * 3_000,
    'a&To=b&From=c', 'a=b&c=d', '+19005550199,+19005550198', '+1900 555 0199;x',
    'x@y.example, z@y.example', '{"t":"welcome"}', '\\"},{"to":"x"}', '//evil.example',
    '@evil.example', ':80', '?a=b#c',
)  # fmt: skip
ALL = (*CRLF, *STRINGS)
