"""花名册导入的页面: upload, headings, preview, confirm, result with undo, history."""
