"""The smallest Chainlit app that keeps a conversation. Chainlit's own Python runs it, for
`rows/screen.py`."""

import os

import chainlit
from openai import AsyncOpenAI

model = AsyncOpenAI(base_url=os.environ["MODEL_URL"], api_key=os.environ["MODEL_KEY"])
system = {"role": "system", "content": "You are a helpful assistant."}


@chainlit.on_message
async def answer(_: chainlit.Message) -> None:
    """Streams the reply to everything said so far."""
    stream = await model.chat.completions.create(
        model="any",
        messages=[system, *chainlit.chat_context.to_openai()],
        stream=True,
        max_tokens=int(os.environ["REPLY_TOKENS"]),
        temperature=0,
    )
    message = chainlit.Message(content="")
    async for chunk in stream:
        if chunk.choices and (text := chunk.choices[0].delta.content):
            await message.stream_token(text)
    await message.update()
