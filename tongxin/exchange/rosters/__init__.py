"""花名册导入: class rosters and staff lists, read, mapped, checked, previewed, applied and undone.

`reader` opens a file in a child process; `fields` and `headings` find out which column is what; `checks` judges
every cell; all three are plain Python. `compare`, `apply` and `undo` know the database.
"""
