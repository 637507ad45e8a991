"""The built-in function `phone`: what people write as a telephone number, in E.164 form. The numbering plans
are loaded when they are first asked for."""

from __future__ import annotations

from typing import Any

from flowlang.model.values import type_name

from .faults import Fault

_LONGEST = 64  # the longest way to write 15 digits that anybody uses


def phone(text: Any, region: Any = None) -> str | None:
    """The number in E.164 form; none if no numbering plan has it. `region` tells whose national numbers are
    meant; without it only those with `+` are read."""
    for each in (text, *((region,) if region is not None else ())):
        if type(each) is not str:
            raise Fault("type", f"`phone` does not take {type_name(each)}")
    if len(text) > _LONGEST:
        return None
    import phonenumbers

    if region is not None and region not in phonenumbers.SUPPORTED_REGIONS:
        raise Fault("value", "no numbering plan is known for this region; one is written as in `US`")
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
