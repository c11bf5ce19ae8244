"""Before the first sync: a look at the account or a directory, the export to ask for, the permissions it takes."""
