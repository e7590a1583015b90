"""A table and configuration that Epic's seismometer opens: how sure the library was, beside what became of it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import yaml
from sqlalchemy import Connection

from cds.audit.export import csv_line
from cds.review.export import exported_rows
from cds.review.listing import ReviewFilter
from cds.review.statistics import SMALLEST_CELL

# column: (seismometer's type, the row's own name, what it is)
_PREDICTIONS = {
    "Consult": ("object", "id", "One question and its answer."),
    "AskedTime": ("datetime64[ns]", "asked_at", "When it was asked (UTC)."),
    "Score": ("float", "relevance", "How sure the service was that the library answers it, 0 to 1."),
    "Status": ("object", "status", "answered, quoted, abstained or referred."),
    "Model": ("object", "model", "The model that wrote the answer; none: quoted."),
    "Statements": ("int", "statements", "Statements shown."),
    "Weak": ("int", "weak", "Statements of low or unstated certainty."),
    "Warnings": ("int", "warnings", "Warnings shown."),
    "Milliseconds": ("float", "milliseconds", "How long the answer took."),
    "AgeBand": ("object", "age_band", "The patient's age, in bands."),
    "Sex": ("object", "sex", "The patient's sex as recorded."),
    "Language": ("object", "language", "The patient's language."),
    "Specialty": ("object", "specialty", "The specialty of who asked."),
}
_COHORTS = {"AgeBand": "Age", "Sex": "Sex", "Language": "Language", "Specialty": "Specialty"}
# event: (seismometer's use of it, what it is)
_EVENTS = {
    "Accepted": ("target", "The clinician accepted it as shown."),
    "Overridden": ("outcome", "The clinician did otherwise."),
    "Modified": ("outcome", "The clinician changed it."),
    "Withheld": ("outcome", "A check withheld at least one statement."),
    "Silent": ("outcome", "The library did not answer."),
}


def write_seismometer(tx: Connection, where: ReviewFilter, folder: Path, *, now: datetime) -> int:
    """Fill a folder in which `seismometer.run_startup(config_path=".")` starts; how many consults it holds."""
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    (folder / "outputs").mkdir(exist_ok=True)
    _write_configuration(folder)
    number, models = 0, set()
    with (
        (data / "predictions.csv").open("w", encoding="utf-8") as shown,
        (data / "events.csv").open("w", encoding="utf-8") as happened,
    ):
        shown.write(csv_line(list(_PREDICTIONS)))
        happened.write(csv_line(["Consult", "Type", "EventTime", "Value"]))
        for row in exported_rows(tx, where, now=now):
            number += 1
            models.add(row["model"] or "none: quoted")
            row["asked_at"], asked_at = _naive(row["asked_at"]), row["asked_at"]
            shown.write(csv_line([row[name] for _, name, _ in _PREDICTIONS.values()]))
            for event, at, value in _events(row, asked_at):
                happened.write(csv_line([row["id"], event, _naive(at), int(value)]))
    metadata = {"modelname": ", ".join(sorted(models)) or "none", "thresholds": [0.7, 0.3]}
    (data / "metadata.json").write_bytes(orjson.dumps(metadata))
    return number


def _events(row: dict[str, Any], asked_at: datetime) -> list[tuple[str, datetime, bool]]:
    """What became of one consult; whether it was accepted is not known while nobody decided."""
    found = [("Withheld", asked_at, row["withheld"] > 0), ("Silent", asked_at, row["status"] == "abstained")]
    choice = row["decision_choice"]
    if choice is not None:
        decided_at = asked_at + timedelta(seconds=row["decision_seconds"])
        found += [(name, decided_at, choice == name.lower()) for name in ("Accepted", "Overridden", "Modified")]
    return found


def _naive(at: datetime) -> str:
    """UTC without saying so: seismometer takes no zones."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


def _write_configuration(folder: Path) -> None:
    """The four files that say what the columns are, as seismometer reads them."""
    documents: dict[str, Any] = {
        "config.yml": {
            "other_info": {
                "usage_config": "usage_config.yml",
                "prediction_definition": "prediction_dictionary.yml",
                "event_definition": "event_dictionary.yml",
                "info_dir": "outputs",
                "data_dir": "data",
                "prediction_path": "predictions.csv",
                "event_path": "events.csv",
                "metadata_path": "metadata.json",
            }
        },
        "usage_config.yml": {
            "data_usage": {
                "entity_id": "Consult",
                "predict_time": "AskedTime",
                "primary_output": "Score",
                "primary_target": "Accepted",
                "outputs": ["Score"],
                "event_table": {"type": "Type", "time": "EventTime", "value": "Value"},
                "cohorts": [{"source": source, "display_name": name} for source, name in _COHORTS.items()],
                "events": [{"source": name, "usage": usage} for name, (usage, _) in _EVENTS.items()],
                "censor_min_count": SMALLEST_CELL,
            }
        },
        "prediction_dictionary.yml": {
            "predictions": [
                {"name": name, "dtype": kind, "definition": says} for name, (kind, _, says) in _PREDICTIONS.items()
            ]
        },
        "event_dictionary.yml": {
            "events": [{"name": name, "dtype": "float", "definition": says} for name, (_, says) in _EVENTS.items()]
        },
    }
    for name, document in documents.items():
        (folder / name).write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), encoding="utf-8")
