"""What runs did to files and cells: the ledger of changes, the listing, keep, revert and rewind."""
