"""What routes are given: the parts that create_app made, with their types."""

from typing import Annotated

from fastapi import Depends, Request

from app.db.transactions import Database
from app.notifier import ChangeNotifier
from app.settings import Settings
from app.web.turns import Turns


async def get_database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


async def get_settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


async def get_notifier(request: Request) -> ChangeNotifier:
    notifier: ChangeNotifier = request.app.state.notifier
    return notifier


async def get_searches(request: Request) -> Turns:
    searches: Turns = request.app.state.searches
    return searches


Db = Annotated[Database, Depends(get_database)]
Config = Annotated[Settings, Depends(get_settings)]
Notifier = Annotated[ChangeNotifier, Depends(get_notifier)]
Searches = Annotated[Turns, Depends(get_searches)]
