"""The bare server is asked what chat-ui asked it."""

from faults.bare import make_prompt


def test_a_prompt_ends_before_its_reply() -> None:
    said = [
        ("a", "user", "Hi"),
        ("b", "assistant", "Hello"),
        ("c", "user", "Why?"),
        ("d", "assistant", ""),
    ]
    messages = [{"id": id, "role": role, "content": content} for id, role, content in said]
    export = {"chat": {"system_prompt": "Be brief."}, "messages": messages}
    contents = ["Be brief.", "Hi", "Hello", "Why?"]
    for reply, count in (("", 4), ("d", 4), ("b", 2)):
        assert [m["content"] for m in make_prompt(export, reply)] == contents[:count]
