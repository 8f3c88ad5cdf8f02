"""What commands print and write: text made safe, tables, answers, receipts, progress."""
