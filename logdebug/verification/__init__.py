"""Whether a report can be relied on: its citations looked up again, its evidence put to the test, its signature."""
