"""What the services are told by their environment, and the supervisor about them."""

import subprocess
from configparser import ConfigParser
from dataclasses import replace

import pytest

from local.stack import ROOT, Stack
from local.supervision import SERVICES, write_config

COMPOSE = (ROOT / "compose.yaml").read_text()


def test_no_secret_is_in_any_environment(stack: Stack) -> None:
    directory = stack.home / "secrets"
    subprocess.run([ROOT / "secrets" / "make", directory], check=True)
    secrets = [p.read_text() for p in directory.rglob("*") if p.is_file()]
    assert len(secrets) == 12
    for service in SERVICES:
        values = " ".join(stack.environment(service).values())
        assert not [s for s in secrets if s in values]


@pytest.mark.parametrize(("nginx", "at_the_front"), [("nginx", []), (None, ["chat-ui"])])
def test_each_service_has_settings_of_its_own(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, nginx: str | None, at_the_front: list[str]
) -> None:
    monkeypatch.setattr("local.stack.nginx", lambda: nginx)
    stack = replace(stack, address="::1")
    stack.choose_ports()
    told = {service: stack.environment(service) for service in SERVICES}
    own = {"PGDATA": ["db"], "WORKER_FILE": ["doc-worker"], "NGINX_DIR": ["nginx"]}
    for name, services in own.items():
        assert [service for service in SERVICES if name in told[service]] == services
    assert [service for service in SERVICES if told[service]["HOST"] == "::1"] == at_the_front
    assert [name for name in SERVICES if told[name].get("TIMINGS") == "off"] == at_the_front


def test_embed_is_lm_api_with_a_model_of_its_own(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not stack.environment("doc-worker").get("EMBED_URL")
    settings = {"EMBED_MODEL": "vectors.gguf", "LM_MODEL_URL": "https://x/y.gguf", "LM_SLOTS": "9"}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    embed, lm_api = stack.environment("embed"), stack.environment("lm-api")
    assert (embed["LM_MODEL"], embed["LM_EMBEDDING"]) == ("vectors.gguf", "on")
    assert (embed["LM_MODEL_URL"], embed["LM_SLOTS"]) == ("", "")
    assert (lm_api.get("LM_EMBEDDING"), lm_api["LM_SLOTS"]) == (None, "9")
    assert embed["LM_API_KEY_FILE"] != lm_api["LM_API_KEY_FILE"]
    for service in ("doc-worker", "chat-ui"):
        told = stack.environment(service)
        assert told["EMBED_URL"] == f"http://127.0.0.1:{embed['PORT']}"
        assert told["EMBED_KEY_FILE"] == embed["LM_API_KEY_FILE"]


def test_vision_is_lm_api_with_a_model_that_sees(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    for off in ("", "off"):
        monkeypatch.setenv("VISION", off)
        assert "VISION_URL" not in stack.environment("chat-ui")
        assert stack.vision_model == "", "it isn't started"
    for name, value in {"VISION": "on", "LM_MODEL": "own.gguf", "LM_SLOTS": "9"}.items():
        monkeypatch.setenv(name, value)
    vision, chat_ui = stack.environment("vision"), stack.environment("chat-ui")
    assert (vision["LM_VISION"], vision["LM_SLOTS"]) == ("on", "")
    assert vision["LM_MODEL"] == "smolvlm-500m-instruct-q8_0"
    assert stack.environment("lm-api").get("LM_VISION") is None
    assert chat_ui["VISION_URL"] == f"http://127.0.0.1:{vision['PORT']}"
    assert chat_ui["VISION_KEY_FILE"] == vision["LM_API_KEY_FILE"]
    monkeypatch.setenv("VISION_MODEL", "another")
    assert stack.environment("vision")["LM_MODEL"] == "another"


def test_without_an_embedding_model_there_may_be_a_server_of_ones_own(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMBED_URL", "http://127.0.0.1:9")
    assert stack.environment("doc-worker")["EMBED_URL"] == "http://127.0.0.1:9"
    monkeypatch.setenv("EMBED_MODEL", "vectors.gguf")
    assert stack.environment("doc-worker")["EMBED_URL"] != "http://127.0.0.1:9"


def test_answer_is_there_where_a_model_is_named_for_it(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "ANSWER_URL" not in stack.environment("chat-ui")
    monkeypatch.setenv("ANSWER_MODEL", "spans")
    monkeypatch.setenv("LM_MODEL_URL", "https://x/y.gguf")
    answer, chat_ui = stack.environment("answer"), stack.environment("chat-ui")
    fetched = {"ANSWER_MODEL": "spans", "LM_MODEL": "spans", "LM_MODEL_URL": ""}
    assert answer | fetched == answer
    assert chat_ui["ANSWER_URL"] == f"http://127.0.0.1:{answer['PORT']}"


def test_the_database_has_as_long_to_stop_as_in_a_container(stack: Stack) -> None:
    config = ConfigParser(interpolation=None)
    config.read(write_config(stack, ["db", "db-api"]))
    assert f"stop_grace_period: {config['program:db']['stopwaitsecs']}s" in COMPOSE
    assert config["program:db-api"]["stopwaitsecs"] == "10"
