"""The one exception by which a command ends with a sentence instead of a traceback."""


class Refused(Exception):
    """A command cannot do what was asked; the message is a Chinese sentence for the person at the keyboard."""
