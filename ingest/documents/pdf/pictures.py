"""A page as a picture, to be shown beside what is quoted from it."""

from ingest.documents.pdf.reader import opened
from ingest.documents.pdf.seeing import png, scale_for
from ingest.documents.pictures import DOTS_A_POINT


def page_picture(original: bytes, page: int) -> bytes | None:
    """Page `page` (from 1) of a PDF as PNG; None: it has no such page."""
    with opened(original) as document:
        if not 1 <= page <= len(document):
            return None
        sheet = document[page - 1]
        try:
            width, height = sheet.get_size()
            bitmap = sheet.render(scale=scale_for(width, height, DOTS_A_POINT), rev_byteorder=True)
            return png(bitmap.to_numpy()[:, :, :3])
        finally:
            sheet.close()
