"""Other programs that speak OpenAI's protocol."""

from pathlib import Path

import pytest

from tests.api.conftest import Run, call
from tests.support.embedding_model import SIZE


@pytest.mark.parametrize("name", ["langchain", "lite"])
def test_libraries(run: Run, name: str) -> None:
    told = run(name)
    assert "Paris" in told["text"]
    assert told["streamed"] == told["text"]
    assert (told["called"], told["fits"]) == (["City"], "City")
    assert [len(vector) for vector in told["vectors"]] == [SIZE, SIZE]


@pytest.mark.parametrize("streams", [True, False])
def test_llm(programs: Path, environment: dict[str, str], tmp_path: Path, streams: bool) -> None:
    models = tmp_path / "extra-openai-models.yaml"
    models.write_text(
        f"- model_id: parley\n  model_name: {environment['MODEL']}\n"
        f"  api_base: {environment['OPENAI_BASE_URL']}\n  api_key_name: parley\n"
    )
    asked = [programs / "llm", "-m", "parley", "-o", "temperature", "0"]
    asked += ["--key", environment["OPENAI_API_KEY"], "-s", "You are a helpful assistant."]
    asked += [] if streams else ["--no-stream"]
    told = call(
        [*asked, "What is the capital of France?"], {**environment, "LLM_USER_PATH": str(tmp_path)}
    )
    assert "Paris" in told
