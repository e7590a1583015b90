"""Every setting in one typed place. Read at the edge (`api`), passed down as values."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cds.errors import InvalidSetting

PREFIX = "CDS_"
FILE_NAME = "settings.toml"


class Settings(BaseModel):
    """What an administrator may set: `CDS_NAME` in the environment, or `name` in `CDS_DATA/settings.toml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Path = Field(description="The folder that holds everything the service keeps.")
    database: str = Field(
        default="sqlite",
        pattern=r"^(sqlite|postgresql(\+psycopg)?://.*)$",
        description="`sqlite` (an encrypted file in the data folder) or a `postgresql://…` address.",
    )
    database_key_file: Path | None = Field(
        default=None, description="The key of the encrypted file; made in the data folder when not set."
    )
    host: str = Field(default="127.0.0.1", description="The address the service listens on.")
    port: int = Field(default=8470, ge=1, le=65535, description="The port the service listens on.")
    root_path: str = Field(
        default="", pattern=r"^(/[\w.~-]+)*$", description="The path prefix a proxy serves it under."
    )
    trusted_proxies: str = Field(default="127.0.0.1", description="Proxies whose forwarded headers are believed.")
    embedder: str = Field(
        default="default", description="`default` (the packaged all-MiniLM-L6-v2) or a sentence-transformers folder."
    )
    engine: Literal["faiss", "milvus"] = Field(
        default="faiss", description="What searches the library: `faiss` (files in the data folder) or `milvus`."
    )
    milvus: str = Field(
        default="",
        description="The address of the Milvus service, `http(s)://host:port`, when the engine is `milvus` (the extra "
        "`milvus`); a file ending in `.db` is Milvus Lite, to try it out.",
    )
    milvus_key_file: Path | None = Field(default=None, description="A file with that service's token, `user:password`.")
    ray: str = Field(
        default="",
        description="The address of the Ray cluster that `cds ingest guidelines --spread` embeds on; empty: workers of "
        "this machine.",
    )
    reranker: str = Field(
        default="none", description="`none`, or the folder of a cross-encoder that reads the first passages again."
    )
    ocr: Literal["off", "on"] = Field(
        default="off", description="`on`: pages of guidelines that are pictures are read by OCR (the extra `ocr`)."
    )
    model: str = Field(
        default="auto",
        description="`auto` (the weights that were fetched, else quoting), `none` (quoting only), a GGUF file, a "
        "catalogue name, or the `http(s)://…/v1` address of an OpenAI-compatible server.",
    )
    model_name: str | None = Field(default=None, description="The model's name on that server.")
    model_key_file: Path | None = Field(default=None, description="A file with the server's API key.")
    model_threads: int = Field(default=0, ge=0, le=256, description="Threads of the in-process model; 0: all cores.")
    model_context: int = Field(default=4096, ge=1024, le=1_048_576, description="Tokens of context given to the model.")
    answer_seconds: float = Field(
        default=60.0, gt=0, le=600, description="How long the model may take before the answer is quoted instead."
    )
    fhir_hosts: str = Field(
        default="", description="FHIR servers that may be read when a CDS Hooks call brings too little, by host:port."
    )
    hooks_origins: str = Field(
        default="",
        pattern=r"^(https?://[\w.:\[\]-]+(,\s*https?://[\w.:\[\]-]+)*)?$",
        description="Web origins whose pages may call CDS Hooks from a browser (CORS), separated by commas.",
    )
    hooks_account: str = Field(
        default="",
        max_length=80,
        description="An account that CDS Hooks calls without any token act for; only to try things out.",
    )
    openid_issuer: str = Field(
        default="",
        pattern=r"^(https?://[^\s?#]+)?$",
        description="The house's identity provider (OpenID Connect): its issuer's address; empty: local accounts only.",
    )
    openid_client: str = Field(default="", max_length=200, description="This service's client id at that provider.")
    openid_secret_file: Path | None = Field(
        default=None, description="A file with the client's secret; none for a public client."
    )
    openid_name: str = Field(
        default="hospital sign-in", max_length=60, description="What people call that provider, on the sign-in page."
    )
    openid_scopes: str = Field(default="openid profile email", max_length=200, description="The scopes asked of it.")
    openid_roles_claim: str = Field(
        default="groups",
        max_length=200,
        description="The claim of the identity token that says who somebody is; a path such as "
        "`realm_access.roles` works.",
    )
    openid_roles: str = Field(
        default="",
        max_length=4000,
        description="Which values of that claim give which role: `physician=ward-a,ward-b; auditor=quality`.",
    )
    checkpoints: Path | None = Field(default=None, description="A second folder for the log's signed checkpoints.")
    syslog: str = Field(
        default="",
        pattern=r"^(udp://(\[[0-9A-Fa-f:.]+\]|[^:/\s]+):\d{1,5}|unix:/\S+)?$",
        description="A syslog collector that is sent each signed checkpoint: `udp://host:514` or `unix:/dev/log`.",
    )
    traces: str = Field(
        default="",
        pattern=r"^(https?://[^\s/?#@]+(/[^\s?#]*)?)?$",
        description="An OpenTelemetry collector that is told how long requests and the stages of consults take, "
        "`http://collector:4318` (the extra `otel`).",
    )
    training_export: bool = Field(
        default=False, description="Whether decisions may be taken away, de-identified, to fine-tune a local model."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="How much is logged.")

    @property
    def weights(self) -> Path:
        """Where fetched model weights are kept."""
        return self.data / "models"


def default_data(environ: Mapping[str, str]) -> Path:
    """The data folder when none is set: the user's own share folder."""
    base = environ.get("XDG_DATA_HOME") or str(Path(environ.get("HOME", "~")).expanduser() / ".local" / "share")
    return Path(base) / "cds"


def load_settings(environ: Mapping[str, str], **overrides: Any) -> Settings:
    """Settings from the environment over the file over the defaults; a wrong one is named with what is allowed."""
    known = set(Settings.model_fields)
    given = {
        key.removeprefix(PREFIX).lower(): value for key, value in environ.items() if key.startswith(PREFIX) and value
    }
    unknown = sorted(set(given) - known)
    if unknown:
        names = ", ".join(PREFIX + name.upper() for name in unknown)
        raise InvalidSetting(
            f"Unknown setting {names}. The settings are listed in the README; unset it or mend its name."
        )
    data = Path(overrides.get("data") or given.get("data") or default_data(environ)).expanduser().resolve()
    values = {**_from_file(data / FILE_NAME), **given, **overrides, "data": data}
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        name = str(first["loc"][0]) if first["loc"] else "?"
        field = Settings.model_fields.get(name)
        allowed = f" It is: {field.description}" if field is not None else ""
        raise InvalidSetting(f"The setting {PREFIX}{name.upper()} is wrong: {first['msg']}.{allowed}") from None


def _from_file(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidSetting(f"{path} cannot be read as TOML: {error}. Mend it or move it away.") from None
