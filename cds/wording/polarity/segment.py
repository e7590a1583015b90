"""A stretch of a sentence with one polarity."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of tokens with one polarity, and the tokens inside it that are turned by a word of their own."""

    first: int
    last: int
    sign: int
    turned: frozenset[int] = field(default_factory=frozenset)  # by a word beside them: "without diabetes"
    after: frozenset[int] = field(
        default_factory=frozenset
    )  # by a verb before them: "to stop smoking", "avoid alcohol"
    opener: str = ""  # the word that began it: "if", "unless", "but", ...
    introduces: bool = False  # "in pregnancy, ...": says when, not what
    aside: frozenset[int] = field(default_factory=frozenset)  # in brackets: no denial outside reaches it
    inherits: bool = False  # "... but is not advised in children", "it is stopped": what it is said of stands before

    def sign_at(self, token: int) -> int:
        if token in self.aside and token not in self.turned:
            return 1
        if token in self.turned:
            return -1  # people "without diabetes" have none, whatever the clause says of them
        return -self.sign if token in self.after else self.sign
