"""Instruments as data: what a questionnaire is, how it is scored, and what in it would mislead.

`instrument` holds the frozen definition, `parse` reads it from YAML, `lint` says what is wrong with it, `scoring` scores
one paper and `batch` a million. Plain Python and numpy.
"""
