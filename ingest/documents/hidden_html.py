"""Which elements of a page its reader cannot see."""

import re
from dataclasses import dataclass
from typing import Any

_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SIMPLE = re.compile(r"^[\w-]*(?:[.#][\w-]+)?$")
_WHITE = re.compile(r"^(?:white|#fff|#ffffff|#fefefe|rgba?\(255,255,255(?:,[\d.]+)?\))$")
_CLEAR = re.compile(r"^(?:transparent|rgba\([\d,.]+,0(?:\.0+)?\))$")
_FAR = re.compile(r"^-\d{3,}(?:\.\d+)?(?:px|pt|em|rem)$")


@dataclass(frozen=True, slots=True)
class HiddenRules:
    """The page's own style rules, by tag, class and id: those that hide, print white, or lay a colour beneath."""

    hiding: frozenset[str]
    white: frozenset[str]
    coloured: frozenset[str]

    @classmethod
    def of(cls, tree: Any) -> "HiddenRules":
        hiding: set[str] = set()
        white: set[str] = set()
        coloured: set[str] = set()
        for style in tree.css("style"):
            for names, body in _RULE.findall(_COMMENT.sub("", style.text() or "")):
                simple = {name.strip() for name in names.split(",") if _SIMPLE.match(name.strip())}
                rules = _declarations(body)
                if _conceals(rules):
                    hiding |= simple
                if _prints_white(rules):
                    white |= simple
                if _has_background(rules):
                    # Whatever the selector leads to may be coloured: only its last name is looked at.
                    coloured |= {name.split()[-1] for name in names.split(",") if name.split()}
        return cls(frozenset(hiding - {"", "*", "body", "html"}), frozenset(white - {""}), frozenset(coloured - {""}))

    def hides(self, node: Any) -> bool:
        """Whether this element is out of its reader's sight."""
        attributes = node.attributes
        if "hidden" in attributes:
            return True
        style = attributes.get("style")
        if not style and not self.hiding and not self.white:
            return False
        rules = _declarations(style or "")
        names = _names(node)
        if _conceals(rules) or names & self.hiding:
            return True
        if _prints_white(rules) or ("color" not in rules and names & self.white):
            return not self._on_colour(node)
        return False

    def _on_colour(self, node: Any) -> bool:
        """Whether something other than the white page lies beneath this element."""
        while node is not None and node.tag not in ("-document", "#document"):
            if _has_background(_declarations(node.attributes.get("style") or "")) or node.attributes.get("bgcolor"):
                return True
            if _names(node) & self.coloured:
                return True
            node = node.parent
        return False


def _names(node: Any) -> frozenset[str]:
    tag = node.tag
    names = {tag}
    for name in (node.attributes.get("class") or "").split():
        names |= {f".{name}", f"{tag}.{name}"}
    if node.attributes.get("id"):
        names |= {f"#{node.attributes['id']}", f"{tag}#{node.attributes['id']}"}
    return frozenset(names)


def _declarations(style: str) -> dict[str, str]:
    rules = {}
    for part in style.lower().split(";"):
        name, colon, value = part.partition(":")
        if colon:
            rules[name.strip()] = "".join(value.replace("!important", "").split())
    return rules


def _conceals(rules: dict[str, str]) -> bool:
    if not rules:
        return False
    if rules.get("display") == "none" or rules.get("visibility") in ("hidden", "collapse"):
        return True
    if _nothing(rules.get("opacity")) or _nothing(rules.get("font-size")):
        return True
    colour = rules.get("color")
    if colour is not None and (_CLEAR.match(colour) or colour == (rules.get("background-color") or "?")):
        return True
    off = any(_FAR.match(rules.get(side, "")) for side in ("left", "top", "right", "text-indent", "margin-left"))
    return off or rules.get("clip") in ("rect(0,0,0,0)", "rect(0000)", "rect(1px,1px,1px,1px)")


def _prints_white(rules: dict[str, str]) -> bool:
    return bool(_WHITE.match(rules.get("color", "")))


def _has_background(rules: dict[str, str]) -> bool:
    beneath = rules.get("background-color") or rules.get("background") or rules.get("background-image") or ""
    return (
        bool(beneath) and beneath not in ("none", "inherit") and not _WHITE.match(beneath) and not _CLEAR.match(beneath)
    )


def _nothing(value: str | None) -> bool:
    if value is None:
        return False
    number = re.match(r"^(\d*\.?\d+)(px|pt|em|rem|%)?$", value)
    # Below a pixel nothing can be read.
    return number is not None and float(number[1]) < (1.0 if number[2] in ("px", "pt") else 0.05)
