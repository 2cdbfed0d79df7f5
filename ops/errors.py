"""What an operator's command ends with when it cannot do its work: one line, and what to do."""


class OperatorError(Exception):
    """The text names what was wrong and the next step; it is printed as it is."""
