"""The same search for other people's LangChain applications."""

from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, SkipValidation

from cds.evidence import Hit, Retriever, SearchFilter


class GuidelineRetriever(BaseRetriever):
    """Finds passages of the guideline library in force; `score` is the probability that one bears on the question."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    knowledge: SkipValidation[Retriever]
    limit: int = 8
    where: SkipValidation[SearchFilter] = SearchFilter()

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        return [_document(hit) for hit in self.knowledge.search(query, limit=self.limit, where=self.where).hits]


def _document(hit: Hit) -> Document:
    passage = hit.passage
    metadata: dict[str, Any] = {
        "score": hit.score,
        "passage": passage.id,
        "document": passage.document.id,
        "edition": passage.document.edition,
        "title": passage.document.title,
        "publisher": passage.document.publisher,
        "version": passage.document.version,
        "published": passage.document.published.isoformat() if passage.document.published else None,
        "section": list(passage.section),
        "page": passage.page,
    }
    return Document(page_content=passage.text, metadata=metadata, id=passage.id)
