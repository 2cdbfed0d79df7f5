"""The report: one HTML page that needs no network and no scripts, made of the orders on record."""
