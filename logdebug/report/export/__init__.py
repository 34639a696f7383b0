"""A report to share: pages, Markdown, CSV, and the postmortem of one incident."""
