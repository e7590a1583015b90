"""Units of measurement: what each measures and how much of it, with the conversions clinicians make."""

# ruff: noqa: E501 lists of words and patterns read better as they are spoken

from functools import lru_cache

# unit: (dimension, factor to the dimension's base). Months and years are kept apart from days: 6 weeks is not 1.5 months.
UNITS: dict[str, tuple[str, float]] = {
    **dict.fromkeys(("kg", "kgs", "kilogram", "kilograms", "kilogramme", "kilogrammes"), ("mass", 1e3)),
    **dict.fromkeys(("g", "gram", "grams", "gramme", "grammes", "gm", "gms"), ("mass", 1.0)),
    **dict.fromkeys(("mg", "mgs", "milligram", "milligrams", "milligramme", "milligrammes"), ("mass", 1e-3)),
    **dict.fromkeys(("mcg", "ug", "microgram", "micrograms", "microgramme", "microgrammes"), ("mass", 1e-6)),
    **dict.fromkeys(("ng", "nanogram", "nanograms"), ("mass", 1e-9)),
    **dict.fromkeys(("pg", "picogram", "picograms"), ("mass", 1e-12)),
    **dict.fromkeys(("lb", "lbs", "pound", "pounds"), ("mass", 453.592)),
    **dict.fromkeys(("l", "litre", "litres", "liter", "liters"), ("volume", 1.0)),
    **dict.fromkeys(("dl", "decilitre", "deciliter"), ("volume", 0.1)),
    **dict.fromkeys(("ml", "mls", "millilitre", "millilitres", "milliliter", "milliliters", "cc"), ("volume", 1e-3)),
    **dict.fromkeys(("ul", "microlitre", "microlitres", "microliter", "microliters", "mm3"), ("volume", 1e-6)),
    **dict.fromkeys(("fl", "femtolitre", "femtoliter"), ("volume", 1e-15)),
    **dict.fromkeys(("mol", "mole", "moles"), ("amount", 1.0)),
    **dict.fromkeys(
        ("mmol", "mmols", "millimole", "millimoles", "meq", "milliequivalent", "milliequivalents"), ("amount", 1e-3)
    ),
    **dict.fromkeys(("umol", "micromol", "micromole", "micromoles"), ("amount", 1e-6)),
    **dict.fromkeys(("nmol", "nanomole", "nanomoles"), ("amount", 1e-9)),
    **dict.fromkeys(("pmol", "picomole", "picomoles"), ("amount", 1e-12)),
    **dict.fromkeys(("unit", "units", "iu", "ius", "u"), ("activity", 1.0)),
    **dict.fromkeys(("miu", "mu"), ("activity", 1e-3)),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), ("days", 1 / 86400)),
    **dict.fromkeys(("ms", "msec", "msecs", "millisecond", "milliseconds"), ("days", 1 / 86400e3)),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), ("days", 1 / 1440)),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "hourly"), ("days", 1 / 24)),
    **dict.fromkeys(("d", "day", "days", "night", "nights"), ("days", 1.0)),
    **dict.fromkeys(("wk", "wks", "week", "weeks", "fortnights"), ("days", 7.0)),
    "fortnight": ("days", 14.0),
    **dict.fromkeys(("mo", "mth", "mths", "month", "months"), ("months", 1.0)),
    **dict.fromkeys(("y", "yr", "yrs", "year", "years", "yo"), ("months", 12.0)),
    **dict.fromkeys(("decade", "decades"), ("months", 120.0)),
    "mmhg": ("pressure", 1.0),
    "kpa": ("pressure", 7.50062),
    "cmh2o": ("pressure", 0.735559),
    **dict.fromkeys(("%", "percent", "percentage"), ("share", 0.01)),
    **dict.fromkeys(("m", "metre", "metres", "meter", "meters"), ("length", 1.0)),
    **dict.fromkeys(("cm", "cms", "centimetre", "centimetres", "centimeter", "centimeters"), ("length", 0.01)),
    **dict.fromkeys(("mm", "millimetre", "millimetres", "millimeter", "millimeters"), ("length", 1e-3)),
    **dict.fromkeys(("um", "micron", "microns", "micrometre", "micrometres"), ("length", 1e-6)),
    **dict.fromkeys(("nm", "nanometre", "nanometres", "nanometer", "nanometers"), ("length", 1e-9)),
    **dict.fromkeys(("km", "kilometre", "kilometres", "kilometer", "kilometers"), ("length", 1e3)),
    **dict.fromkeys(("inch", "inches"), ("length", 0.0254)),
    **dict.fromkeys(("mile", "miles"), ("length", 1609.34)),
    **dict.fromkeys(("m2", "sqm"), ("area", 1.0)),
    "cm2": ("area", 1e-4),
    **dict.fromkeys(("celsius", "centigrade"), ("temperature", 1.0)),
    "fahrenheit": ("temperature", 1.0),  # converted on reading
    "bpm": ("/days", 1440.0),
    **dict.fromkeys(("beat", "beats", "breath", "breaths"), ("", 1.0)),
    **dict.fromkeys(("kcal", "kcals", "calorie", "calories", "cal"), ("energy", 4184.0)),
    **dict.fromkeys(("kj", "kilojoule", "kilojoules"), ("energy", 1000.0)),
    **dict.fromkeys(("joule", "joules", "j"), ("energy", 1.0)),
    **dict.fromkeys(("gy", "gray"), ("radiation", 1.0)),
    **dict.fromkeys(("cgy",), ("radiation", 0.01)),
    **dict.fromkeys(("msv", "millisievert", "millisieverts"), ("radiation-dose", 1.0)),
    **dict.fromkeys(("hz", "hertz"), ("hertz", 1.0)),
    "mosm": ("osmoles", 1.0),
    **dict.fromkeys(("dose", "doses"), ("doses", 1.0)),
    **dict.fromkeys(("tablet", "tablets", "tab", "tabs", "pill", "pills"), ("tablets", 1.0)),
    **dict.fromkeys(("capsule", "capsules", "cap", "caps"), ("capsules", 1.0)),
    **dict.fromkeys(("puff", "puffs", "inhalation", "inhalations", "actuation", "actuations"), ("puffs", 1.0)),
    **dict.fromkeys(("drop", "drops"), ("drops", 1.0)),
    **dict.fromkeys(("spray", "sprays"), ("sprays", 1.0)),
    **dict.fromkeys(("sachet", "sachets"), ("sachets", 1.0)),
    **dict.fromkeys(("patch", "patches"), ("patches", 1.0)),
    **dict.fromkeys(("injection", "injections"), ("injections", 1.0)),
    **dict.fromkeys(("drink", "drinks"), ("drinks", 1.0)),
    **dict.fromkeys(("cigarette", "cigarettes"), ("cigarettes", 1.0)),
    **dict.fromkeys(("time", "times"), ("times", 1.0)),
    **dict.fromkeys(("fold",), ("times", 1.0)),
}
# Letters that are a unit only right after a digit or a slash ("5 m" yes, "a m" no), and only where nothing else reads better.
SHORT = frozenset({"g", "l", "s", "h", "d", "y", "m", "u", "j", "min", "mo", "cap", "mu", "cal", "gray", "yo"})

# grams per mole, for the analytes that are reported both ways.
MOLAR_MASS = {
    "glucose": 180.16,
    "cholesterol": 386.65,
    "ldl": 386.65,
    "hdl": 386.65,
    "triglyceride": 885.4,
    "creatinine": 113.12,
    "calcium": 40.08,
    "urate": 168.11,
    "uric": 168.11,
    "bilirubin": 584.66,
    "urea": 60.06,
    "iron": 55.85,
    "magnesium": 24.31,
}

# Dimensions a text may leave unsaid because the measure implies them ("BMI over 30", "blood pressure below 140/90").
IMPLIED = frozenset(
    {"pressure", "mass/area", "volume/days", "months", "/days", "share", "temperature", "amount/volume", "times"}
)


@lru_cache(maxsize=1024)
def unit(word: str) -> tuple[str, float] | None:
    """The dimension and factor of one unit's name."""
    return UNITS.get(word)


def compose(over: tuple[str, float], under: list[tuple[str, float]]) -> tuple[str, float]:
    """The dimension and factor of a quotient such as mg/kg or mL/min/1.73 m²."""
    dimension, factor = over
    for name, size in under:
        dimension += f"/{name}"
        factor /= size
    return dimension, factor
