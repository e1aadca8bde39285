"""The set-based evaluator: the rule tree as SQLGlot trees, rendered for SQLite, PostgreSQL, DuckDB or Spark.

Start reading at `evaluate.py` (what callers use), then `plan.py` (what Python works out beforehand),
`scope.py` (who owes), `counts.py` (what was done) and `settle.py` (the verdict).
"""

from .answer import evaluate_sql

__all__ = ["evaluate_sql"]
