"""Instruments as Excel workbooks: the form in which a school fills in its own licensed words."""
