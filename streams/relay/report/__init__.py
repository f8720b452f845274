"""The leaders' report as files: HTML, PDF, XLSX and CSV of one document."""
