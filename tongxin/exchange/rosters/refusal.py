"""The one exception of reading and mapping: a file or a choice that cannot be used, said in a sentence."""


class RosterRefused(ValueError):
    """The file cannot be used as it is. `sentence` says what is the matter and what to do next."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
