"""langchain-openai: a chat model, streamed and not, what it calls and what fits a schema, and
embeddings."""

import json
import os

from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel, Field


class City(BaseModel):
    """A city and its country."""

    name: str = Field(max_length=30)
    country: str = Field(max_length=30)


chat = ChatOpenAI(model=os.environ["MODEL"], temperature=0, max_retries=0)
vectors = OpenAIEmbeddings(model=os.environ["VECTORS"], check_embedding_ctx_length=False)
messages = [("system", "Be brief."), ("human", "What is the capital of France?")]
calling = chat.bind_tools([City], tool_choice="required")
print(
    json.dumps(
        {
            "text": chat.invoke(messages).content,
            "streamed": "".join(str(chunk.content) for chunk in chat.stream(messages)),
            "called": [call["name"] for call in calling.invoke(messages).tool_calls],
            "fits": type(chat.with_structured_output(City).invoke(messages)).__name__,
            "vectors": vectors.embed_documents(["one", "two"]),
        }
    )
)
