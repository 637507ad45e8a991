"""flowlang: a scripting language for communication flows, and the engine that runs it.

    async with flowlang.open_engine(backends=[...]) as engine:
        engine.load("desk.flow")
        ...
"""
