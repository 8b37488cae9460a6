"""Analysis → what a person or another program reads: numbers, tables, the JSON document, figures."""
