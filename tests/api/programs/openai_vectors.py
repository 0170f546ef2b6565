"""OpenAI's SDK: embeddings, which it asks for in base64 unless it is told otherwise, and models."""

import json
import os

from openai import OpenAI

client = OpenAI(max_retries=0)
asked = {"model": os.environ["VECTORS"], "input": ["one", "two"]}
usual = client.embeddings.create(**asked)
plain = client.embeddings.create(**asked, encoding_format="float")
print(
    json.dumps(
        {
            "models": [model.id for model in client.models.list()],
            "usual": [each.embedding for each in usual.data],
            "plain": [each.embedding for each in plain.data],
            "tokens": usual.usage.total_tokens,
        }
    )
)
