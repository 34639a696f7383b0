"""Read a report: JSON in and out, look-up, tables, charts and pages."""
