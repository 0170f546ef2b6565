"""The model's server: nothing without its key, no page, and only the fields that we send."""

import uuid

import httpx
from local.supervision import Supervisor, socket_path
from tests.support.local_stack import LocalStack
from tests.support.person import open_chat, wait_until_final
from tests.support.scripted_model import ScriptedModel
from tests.support.serve import serve

from security.found import Found
from security.stage import Stage

# Of llama.cpp's server (tools/server/README.md); what is not there answers 404, with a key.
ENDPOINTS = (
    *("GET /props", "POST /props", "GET /slots", "POST /slots/0?action=erase", "GET /metrics"),
    *("POST /completion", "POST /completions", "POST /v1/completions", "POST /infill"),
    *("POST /v1/chat/completions", "POST /chat/completions", "POST /v1/messages"),
    *("POST /v1/responses", "POST /embedding", "POST /v1/embeddings", "POST /rerank"),
    *("POST /tokenize", "POST /detokenize", "POST /apply-template", "GET /lora-adapters"),
    *("POST /lora-adapters", "GET /v1/models", "GET /models", "GET /api/tags", "POST /api/show"),
)
PAGES = ("/", "/index.html", "/completion.js", "/bundle.js", "/favicon.ico")
# Every field that is ever sent, for whatever reason.
FIELDS = {
    *("messages", "stream", "stream_options", "return_progress", "cache_prompt"),
    *("max_tokens", "temperature", "continue_final_message", "add_generation_prompt"),
}
IN_MESSAGES = {"role", "content"}
# What somebody might add to a form, in the hope that it is passed on.
SMUGGLED = {
    **{"n_predict": "9999", "max_tokens": "9999", "temperature": "9", "seed": "1", "id_slot": "0"},
    **{"grammar": 'root ::= "x"', "json_schema": "{}", "tools": "[]", "logit_bias": "[]"},
    **{"messages": "[]", "stop": "a", "model": "other", "role": "system", "lora": "[]"},
    **{"cache_prompt": "0", "stream": "0", "n_keep": "-1", "samplers": "[]", "prompt[]": "x"},
}


def check(found: Found, stage: Stage, short: bool) -> None:
    """The real server first, then one in its place that notes what it is asked."""
    parley = stage.parley()
    parley.wait_until_model_is_ready()
    if stage.wants("doors"):
        try_doors(found, parley)
        found.see(f"{len(ENDPOINTS)} endpoints refused without the key and with a wrong one")
        found.see(f"{len(PAGES)} addresses without a page")
    if stage.wants("fields"):
        sent = try_fields(found, parley)
        found.see(f"{sent} requests with no other field, though {len(SMUGGLED)} were in each form")


def try_doors(found: Found, parley: LocalStack) -> None:
    """What answers, without its key and with it."""
    key = (parley.home / "secrets" / "lm-api" / "key").read_text().strip()
    with httpx.Client(base_url=f"http://127.0.0.1:{parley.ports['lm-api']}", timeout=60) as client:
        for endpoint in ENDPOINTS:
            method, path = endpoint.split()
            for shown in ({}, {"Authorization": "Bearer x"}, {"X-Api-Key": key[:-1]}):
                answer = client.request(
                    method, path, headers=shown, json={} if method == "POST" else None
                )
                found.expect(
                    answer.status_code in (401, 404), f"{endpoint} without a key: {answer}"
                )
        for path in PAGES:
            answer = client.get(path, headers={"Authorization": f"Bearer {key}"})
            found.expect(answer.status_code == 404, f"{path}: {answer.status_code}")


def try_fields(found: Found, parley: LocalStack) -> int:
    """Everything that makes chat-ui ask the model, with fields that no form of ours has; how many
    requests that made."""
    supervisor = Supervisor(socket_path(parley.stack))
    supervisor.stop("lm-api")
    model = ScriptedModel(text="Two words.")
    try:
        with (
            serve(model.app(), parley.ports["lm-api"]),
            httpx.Client(base_url=parley.url, timeout=60) as browser,
        ):
            chat = open_chat(browser)
            browser.post(f"{chat}/settings", data=SMUGGLED | {"title": "A", "temperature": "1"})
            for path in (chat.replace("/chats/", "/generate/"), "/chats"):
                form = SMUGGLED | {"prompt": "Hi", "client_key": uuid.uuid4().hex}
                answer = browser.post(path, data=form)
                assert answer.is_redirect, answer.text
                wait_until_final(browser, answer.headers["location"].partition("#")[0])
            page = browser.get(chat)
            reply = wait_until_final(browser, chat) and page.text.split('id="m-')[-1][:36]
            again = SMUGGLED | {"key": uuid.uuid4().hex}
            browser.post(f"{chat}/replies/{reply}/again", data=again)
            wait_until_final(browser, chat)
    finally:
        supervisor.start("lm-api")
    for request in model.requests:
        other = set(request) - FIELDS
        found.expect(not other, f"the model was sent {', '.join(sorted(other))}")
        others = {name for message in request["messages"] for name in message} - IN_MESSAGES
        found.expect(not others, f"in messages the model was sent {', '.join(sorted(others))}")
        roles = {message["role"] for message in request["messages"]}
        found.expect(roles <= {"system", "user", "assistant"}, f"roles: {roles}")
        found.expect(request["max_tokens"] <= 24, f"the model may write {request['max_tokens']}")
        found.expect(request["temperature"] <= 2, f"temperature {request['temperature']}")
    found.expect(len(model.requests) == 3, f"{len(model.requests)} requests, not 3")
    return len(model.requests)
