"""Answers for people: sentences, tables, figures and files, from plain data."""
