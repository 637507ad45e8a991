"""For tests of scripts and servers: what calls, listens and judges. Nothing else in flowlang imports it."""
