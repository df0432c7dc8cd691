"""Where numbers stand on a page: the fields of a form, the cells of a table, or anywhere."""
