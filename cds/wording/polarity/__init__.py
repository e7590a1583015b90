"""What a sentence denies: negation, avoidance and contraindication with their reach."""

from cds.wording.polarity.cues import CUES, PREFIXED
from cds.wording.polarity.reading import segments
from cds.wording.polarity.segment import Segment

__all__ = ["CUES", "PREFIXED", "Segment", "segments"]
