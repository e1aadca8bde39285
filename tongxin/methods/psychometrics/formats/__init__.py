"""Questionnaires from and to other programs' formats: FHIR R4, ReproSchema, REDCap and LimeSurvey.

Every reader gives the mapping that our own file holds, and our own reader then checks it. What a format cannot say (bands,
worked papers, several codings …) is put beside it as a difference (`rest`), where other programs pass over it; so a
definition comes back whole, and what somebody changed in the other program is kept.
"""
