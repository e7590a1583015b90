"""From one setting to one model: the weights that are here, a server of the house, or none."""

from pathlib import Path

import orjson

from cds.errors import InvalidSetting
from cds.language_model import LanguageModel, Skill
from cds.language_model.catalogue import Model, catalogue, default_model
from cds.language_model.digests import KEPT_NAME, digest_of
from cds.language_model.guarded import Guarded
from cds.settings import FILE_NAME, Settings

TRIALS_NAME = "trials.json"
# A server batches questions; a hospital's own keeps up with this many at once from one service.
_SERVED_AT_ONCE = 8
# Without a trial: a file of at least this size holds a model that follows a schema and chooses well enough (3 billion
# weights at 4 bits), and one of four times that writes well enough.
_SELECTS_FROM = 1_800_000_000


def open_model(settings: Settings, *, skill: Skill | None = None) -> LanguageModel | None:
    """The model these settings name, with the skill found for it or the one given; None when answers are quoted."""
    wanted = settings.model
    folder = settings.weights
    if wanted == "none":
        return None
    if wanted == "auto":
        model = default_model()
        assert model.weights is not None
        path = folder / model.weights.file
        return _local(path, settings, folder, model, skill) if path.exists() else None
    if wanted.startswith(("http://", "https://")):
        return _served(settings, folder, skill)
    listed = next((one for one in catalogue() if one.name == wanted.lower()), None)
    if listed is None:
        return _local(Path(wanted).expanduser(), settings, folder, _by_file(Path(wanted)), skill)
    if listed.weights is None:
        raise InvalidSetting(
            f"{listed.title} is run by a server of the house. Start it there, set CDS_MODEL to its http address and "
            f"CDS_MODEL_NAME to the name it has there.",
            code="model_served_elsewhere",
        )
    return _local(folder / listed.weights.file, settings, folder, listed, skill)


def keep_setting(data: Path, *, model: str, model_name: str | None) -> None:
    """Write the model into the file of settings, leaving every other line as it is."""
    path = data / FILE_NAME
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    kept = [line for line in lines if line.split("=")[0].strip() not in ("model", "model_name")]
    own = [f"model = {orjson.dumps(model).decode()}"]
    if model_name:
        own.append(f"model_name = {orjson.dumps(model_name).decode()}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*own, *kept]) + "\n", encoding="utf-8")


def remember_trial(folder: Path, digest: str, skill: Skill) -> None:
    """Keep what a trial found this model fit for."""
    folder.mkdir(parents=True, exist_ok=True)
    known = _trials(folder)
    (folder / TRIALS_NAME).write_bytes(orjson.dumps({**known, digest: skill}, option=orjson.OPT_INDENT_2))


def tried_skill(folder: Path, digest: str) -> Skill | None:
    """What a trial found, if there was one."""
    found = _trials(folder).get(digest)
    return found if found in ("draft", "select", "none") else None


def _trials(folder: Path) -> dict[str, Skill]:
    try:
        content = orjson.loads((folder / TRIALS_NAME).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return {}
    return content if isinstance(content, dict) else {}


def _local(path: Path, settings: Settings, folder: Path, model: Model | None, given: Skill | None) -> LanguageModel:
    from cds.language_model.in_process import in_process_model

    if not path.is_file():
        raise InvalidSetting(
            f"There is no model file {path}. Fetch one with `cds models fetch`, or set CDS_MODEL=none to quote only.",
            code="no_model_file",
        )
    kept = folder / KEPT_NAME
    first_guess = model.skill if model else _skill_by_size(path)
    skill = given or tried_skill(folder, digest_of(path, kept=kept)) or first_guess
    context = min(settings.model_context, model.context) if model else settings.model_context
    name = model.name if model else path.stem
    opened = in_process_model(
        path, name=name, skill=skill, context=context, threads=settings.model_threads, digests=kept
    )
    return Guarded(opened, at_once=1)


def _served(settings: Settings, folder: Path, given: Skill | None) -> LanguageModel:
    from cds.language_model.chat import served_model

    key = settings.model_key_file.read_text(encoding="utf-8").strip() if settings.model_key_file else None
    opened = served_model(
        settings.model, name=settings.model_name, key=key, skill="draft", context=settings.model_context
    )
    skill = given or tried_skill(folder, opened.identity.digest)
    if skill is not None and skill != opened.identity.skill:
        opened = served_model(
            settings.model, name=settings.model_name, key=key, skill=skill, context=settings.model_context
        )
    return Guarded(opened, at_once=_SERVED_AT_ONCE)


def _by_file(path: Path) -> Model | None:
    """The catalogued model whose file this is, by its name."""
    return next((one for one in catalogue() if one.weights is not None and one.weights.file == path.name), None)


def _skill_by_size(path: Path) -> Skill:
    size = path.stat().st_size
    return "draft" if size >= 4 * _SELECTS_FROM else "select" if size >= _SELECTS_FROM else "none"
