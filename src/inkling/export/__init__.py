"""Readings as files: tables, XML, searchable PDF, pictures."""
