"""What belongs to a project beside its scripts: the settings in `flow.toml`, and actions that its host wrote.

`project.open_project` reads both for a script; `sections` has the table of all settings. Nothing is imported
here, as `flow check` asks only where the settings lie when nothing has changed.
"""
