"""Orders that shipped before DayFive was there: read from Amazon, planned, and put on record."""
