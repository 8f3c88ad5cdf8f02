"""What is made of records: metrics, intervals, tables, plots."""
