"""What cannot be done to a case; the sentence says why and what to do."""


class Refused(ValueError):
    """It cannot be done as asked."""
