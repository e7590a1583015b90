"""Quantities in a sentence: value or range, unit, comparator, and what they are tied to."""

from cds.wording.quantities.quantity import Comparator, Quantity
from cds.wording.quantities.reading import quantities

__all__ = ["Comparator", "Quantity", "quantities"]
