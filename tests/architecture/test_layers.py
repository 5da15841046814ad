"""A layer reads only the layer before it, and every mart is contracted and documented."""

import json
from typing import Any

import pytest

from warehouse.settings import Settings

# What each schema may read; seeds (code lists, dated rows, rule data) belong to staging.
READS = {
    "staging": {"raw", "ops"},
    "core": {"staging", "core"},
    "marts": {"core"},
}
LEAST_MODELS = 20


@pytest.fixture(scope="module")
def manifest(template_database: Settings) -> dict[str, Any]:
    """dbt's own account of the project, left by `tmw db migrate`."""
    return json.loads((template_database.run_dir / "dbt" / "manifest.json").read_bytes())


def models(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    found = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    assert len(found) >= LEAST_MODELS
    return found


def test_data_flows_one_way(manifest) -> None:
    everything = {**manifest["nodes"], **manifest["sources"]}
    wrong = [
        f"{model['schema']}.{model['name']} reads {everything[parent]['schema']}."
        f"{everything[parent]['name']}"
        for model in models(manifest)
        for parent in model["depends_on"]["nodes"]
        if everything[parent]["schema"] not in READS[model["schema"]]
    ]
    assert not wrong, "\n".join(wrong)


def test_every_mart_has_an_enforced_contract_a_key_and_words(manifest) -> None:
    marts = [model for model in models(manifest) if model["schema"] == "marts"]
    assert marts
    for mart in marts:
        assert mart["contract"]["enforced"], mart["name"]
        assert mart["config"]["materialized"] == "month_partition", mart["name"]
        keys = [c for c in mart["constraints"] if c["type"] == "primary_key"]
        assert len(keys) == 1, mart["name"]
        assert mart["description"], mart["name"]
        for column in mart["columns"].values():
            assert column["data_type"], (mart["name"], column["name"])
            assert column["description"], (mart["name"], column["name"])
