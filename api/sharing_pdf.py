"""The page to take home as a PDF, made here: the only home of reportlab at run time."""

import unicodedata
from datetime import date
from functools import cache
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from starlette.responses import Response

from api.services import Services
from api.sharing_public import Pictograph, PublicLine, PublicOption, patient_values
from api.sharing_words import day_in
from cds.clock import today
from cds.sharing.state import Agreement, Shared

_INK, _SOFT, _AFFECTED, _OTHERS = "#18242e", "#51606d", "#0b5c77", "#c3ccd3"
# Millimetres; a pictograph of a hundred is as wide as a thumb is long.
_MARGIN, _HUNDRED_MM, _THOUSAND_MM = 18, 22, 84
_LATER = "To decide later"


def take_home_pdf(state: Shared, *, language: str, on: date) -> bytes:
    """What was shown and decided, as the patient's page has it."""
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.units import mm
    from reportlab.platypus import SimpleDocTemplate

    values = patient_values(state, language)
    out = BytesIO()
    made = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=_MARGIN * mm,
        rightMargin=_MARGIN * mm,
        topMargin=_MARGIN * mm,
        bottomMargin=_MARGIN * mm,
        title=values["w"]["our_decision"],
        author="",
        lang=language,
        invariant=1,  # nothing of this machine or its clock in it
    )
    made.build(_story(state, values, language=language, on=on), onFirstPage=_number, onLaterPages=_number)
    return out.getvalue()


def pdf_of(state: Shared, language: str, services: Services) -> Response:
    """The PDF as an answer; its name says nothing of anybody."""
    content = take_home_pdf(state, language=language, on=today(services.clock))
    headers = {"content-disposition": 'attachment; filename="our-decision.pdf"', "cache-control": "no-store"}
    return Response(content, media_type="application/pdf", headers=headers)


def _story(state: Shared, values: dict[str, Any], *, language: str, on: date) -> list[Any]:
    w, topics, agreement = values["w"], values["topics"], state.agreement
    title = topics["condition"].text if "condition" in topics else w["our_decision"]
    name = f"{agreement.name_on_page} · " if agreement and agreement.name_on_page else ""
    story = [_text(title, "title"), _text(f"{name}{w['made_on']} {day_in(on, language)}", "small")]
    if values["translated"]:
        story.append(_text(w["machine"], "small"))
    if agreement is not None:
        story += _decided(agreement, values, language)
    if "decision" in topics:
        story += [_text(w["topic_decision"], "heading"), _text(topics["decision"].text)]
    sources: dict[str, int] = {}
    for option in values["options"]:
        story += _option(option, values, sources)
    if not values["options"]:
        story.append(_text(w["no_options"]))
    if state.ratings:
        story.append(_text(w["what_matters_to_me"], "heading"))
        known = values["outcomes"]
        for key, rating in state.ratings.items():
            words = known[key].text if key in known else rating.text
            story.append(_text(f"• {words}: {w[f'importance_{rating.rating}']}"))
    if values["glossary"]:
        story.append(_text(w["words"], "heading"))
        story += [
            _text(f"<b>{escape(word)}</b>: {escape(said)}", marked=True) for word, said in values["glossary"].items()
        ]
    others = [(key, said) for key, said in topics.items() if key not in ("condition", "decision")]
    story += [
        _text(f"<b>{escape(w[f'topic_{key}'])}:</b> {escape(said.text)}", "small", marked=True) for key, said in others
    ]
    if sources:
        story.append(_text(w["sources"], "heading"))
        story += [_text(f"[{number}] {source}", "small") for source, number in sources.items()]
    return story


def _decided(agreement: Agreement, values: dict[str, Any], language: str) -> list[Any]:
    w, names = values["w"], values["name_of"]

    def called(choice: str) -> str:
        return str(w["later"] if choice == _LATER else names.get(choice, choice))

    rows = [
        (w["i_leaned"], called(agreement.patient_leaned)),
        (w["doctor_leaned"], called(agreement.physician_leaned)),
        (w["not_chosen"], "; ".join(map(called, agreement.declined))),
        (w["next"], agreement.next_steps),
        (w["again"], day_in(agreement.review_on, language)),
    ]
    lines = [_pair(head, said) for head, said in rows if said]
    return [_text(w["decided"], "heading"), _text(called(agreement.choice), "decided"), *lines]


def _option(option: PublicOption, values: dict[str, Any], sources: dict[str, int]) -> list[Any]:
    w = values["w"]
    story = [_text(option.name.text, "heading")]
    for aspect, lines in option.cells:
        heading = _text(w[aspect], "aspect")
        if not lines:
            story += [heading, _text(w["silent"], "small")]
        # A heading stays with its first line, also across the end of a page.
        story += [_line(line, values, sources, above=() if at else (heading,)) for at, line in enumerate(lines)]
    return story


def _line(line: PublicLine, values: dict[str, Any], sources: dict[str, int], *, above: tuple[Any, ...]) -> Any:
    from reportlab.platypus import KeepTogether

    w = values["w"]
    mark = ""
    if line.source is not None:
        number = sources.setdefault(_source(line.source, values), len(sources) + 1)
        mark = f" [{number}]"
    parts = [*above, _text(f"{line.said.text}{mark}")]
    parts += [_figures(drawn) for drawn in line.pictographs]
    if line.pictographs and line.certainty:
        certainty = w.get(f"certainty_{line.certainty}", line.certainty)
        parts.append(_text(f"{w['certainty']} {certainty}.", "small"))
    if line.source is None:
        parts.append(_text(w["own_words"], "small"))
    return KeepTogether(parts)


def _source(source: dict[str, Any], values: dict[str, Any]) -> str:
    w = values["w"]
    parts = [source["title"]]
    if source["version"]:
        parts.append(f"{w['edition']} {source['version']}")
    if source["published"]:
        parts.append(values["day_in"](source["published"]))
    if source["page"]:
        parts.append(f"{w['page']} {source['page']}")
    return ", ".join(parts)


def _figures(drawn: Pictograph) -> Any:
    """The same figures as on the page, with their words beside them."""
    from reportlab.graphics.shapes import Circle, Drawing
    from reportlab.lib.colors import HexColor
    from reportlab.lib.units import mm
    from reportlab.platypus import Table

    wide = (_HUNDRED_MM if drawn.width <= 40 else _THOUSAND_MM) * mm
    scale = wide / drawn.width
    drawing = Drawing(wide, drawn.height * scale)
    for path, colour in ((drawn.others, _OTHERS), (drawn.affected, _AFFECTED)):
        for spot in filter(None, path.split("M")):
            x, y = spot.removesuffix("h0").split(" ")
            at = (float(x) * scale, (drawn.height - float(y)) * scale)
            drawing.add(Circle(*at, 1.5 * scale, fillColor=HexColor(colour), strokeColor=None))
    words = _text(f"<b>{escape(drawn.number)}</b> {escape(drawn.caption)}", marked=True)
    table = Table([[drawing, words]], colWidths=[wide + 4 * mm, None], hAlign="LEFT")
    table.setStyle([("VALIGN", (0, 0), (-1, -1), "MIDDLE"), ("LEFTPADDING", (0, 0), (0, 0), 0)])
    return table


def _pair(head: str, text: str, style: str = "text") -> Any:
    return _text(f"<b>{escape(head)}:</b> {escape(text)}", style, marked=True)


def _text(text: str, style: str = "text", *, marked: bool = False) -> Any:
    from reportlab.platypus import Paragraph

    readable = _in_font(text)
    return Paragraph(readable if marked else escape(readable), _styles()[style])


def _in_font(text: str) -> str:
    """Letters the font does not have, without their marks; what is left of others is a question mark, never a gap."""
    known = _glyphs()
    found = []
    for letter in text:
        if ord(letter) in known or letter.isspace():
            found.append(letter)
            continue
        bare = "".join(part for part in unicodedata.normalize("NFKD", letter) if ord(part) in known)
        found.append(bare or "?")
    return "".join(found)


@cache
def _glyphs() -> frozenset[int]:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    for name, file in (("Vera", "Vera.ttf"), ("VeraBd", "VeraBd.ttf"), ("VeraIt", "VeraIt.ttf")):
        pdfmetrics.registerFont(TTFont(name, file))
    pdfmetrics.registerFontFamily("Vera", normal="Vera", bold="VeraBd", italic="VeraIt", boldItalic="VeraBd")
    return frozenset(pdfmetrics.getFont("Vera").face.charToGlyph)


@cache
def _styles() -> dict[str, Any]:
    from reportlab.lib.colors import HexColor
    from reportlab.lib.styles import ParagraphStyle

    _glyphs()
    text = ParagraphStyle("text", fontName="Vera", fontSize=10.5, leading=15, textColor=HexColor(_INK), spaceAfter=3)
    bold = {"fontName": "VeraBd", "keepWithNext": 1}
    return {
        "text": text,
        "title": ParagraphStyle("title", text, fontSize=17, leading=22, spaceAfter=6, **bold),
        "heading": ParagraphStyle("heading", text, fontSize=13, leading=18, spaceBefore=12, spaceAfter=4, **bold),
        "aspect": ParagraphStyle("aspect", text, spaceBefore=6, **bold),
        "decided": ParagraphStyle("decided", text, fontSize=13, leading=18, fontName="VeraBd"),
        "small": ParagraphStyle("small", text, fontSize=8.5, leading=12, textColor=HexColor(_SOFT)),
    }


def _number(canvas: Any, made: Any) -> None:
    canvas.setFont("Vera", 8.5)
    canvas.drawRightString(made.pagesize[0] - made.rightMargin, made.bottomMargin / 2, str(canvas.getPageNumber()))
