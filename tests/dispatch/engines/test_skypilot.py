"""A rendered task is one that SkyPilot takes by its own schema."""

from __future__ import annotations

import jsonschema
import pytest
import yaml

from qipan.dispatch.engines.skypilot import render
from qipan.dispatch.model.submission import Reached

SITE = Reached("north", "skypilot", {}, {"infra": "k8s/north", "image": "docker:example/train"})


@pytest.mark.parametrize("resource", ["A100", "cpus"])
def test_render_is_a_task_by_the_schema_of_skypilot(skypilot, order_of, resource: str) -> None:
    task = yaml.safe_load(render(order_of(resource=resource), SITE))
    jsonschema.validate(task, skypilot.get_task_schema())
    jsonschema.validate(task["resources"], skypilot.get_resources_schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(task | {"replicas": 2}, skypilot.get_task_schema())


def test_render_names_place_and_cards(order_of) -> None:
    task = yaml.safe_load(render(order_of(resource="A100"), SITE))
    assert task["resources"]["infra"] == "k8s/north"
    assert task["resources"]["accelerators"] == "A100:8"
    assert task["run"] == "timeout --kill-after=10 5400 /bin/sh -c 'run '\"'\"'a b'\"'\"''\n"
    assert yaml.safe_load(render(order_of(resource="cpus"), SITE))["resources"]["cpus"] == "8+"
