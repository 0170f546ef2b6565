"""What the tests of lm-api share."""

from tests.lm_api.fetcher import fetcher
from tests.lm_api.source import source, web
from tests.lm_api.starter import starter
from tests.support.lm_server import lm_server

__all__ = ["fetcher", "lm_server", "source", "starter", "web"]
