"""The crash sweep: every way an order goes, broken off at every call that leaves the process."""
