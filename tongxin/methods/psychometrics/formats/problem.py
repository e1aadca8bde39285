"""The one exception of the readers."""


class FormatProblem(Exception):
    """A file cannot be taken over; the message is a sentence that names the item where there is one."""
