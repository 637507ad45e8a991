"""What compiled scripts call: operators, text, fields, patterns and the built-in functions. All pure; all
check types and sizes before they work. Nothing here gives a script a way to a Python object that is no
value."""
