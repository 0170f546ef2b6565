"""langchain-openai: a chat model, streamed and not, and embeddings."""

import json
import os

from langchain_openai import ChatOpenAI, OpenAIEmbeddings

chat = ChatOpenAI(model=os.environ["MODEL"], temperature=0, max_retries=0)
vectors = OpenAIEmbeddings(model=os.environ["VECTORS"], check_embedding_ctx_length=False)
messages = [("system", "Be brief."), ("human", "What is the capital of France?")]
print(
    json.dumps(
        {
            "text": chat.invoke(messages).content,
            "streamed": "".join(str(chunk.content) for chunk in chat.stream(messages)),
            "vectors": vectors.embed_documents(["one", "two"]),
        }
    )
)
