"""flowlang: a scripting language for communication flows, and the engine that runs it."""
