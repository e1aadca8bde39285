"""Writers of Word, Excel, PDF and zip files. They know blocks and tables, not pupils."""
