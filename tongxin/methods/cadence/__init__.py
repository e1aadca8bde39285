"""The obligation language: rule tree, parser, linter, words, windows and the reference evaluator.

The one meaning of the language is written in docs/reference/rule-language.md.
Start reading at `tree.py` (what a rule is), then `reference.py` (what it says about facts).
"""
