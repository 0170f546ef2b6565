"""What routes are given: the parts that create_app made, with their types."""

from typing import Annotated

from fastapi import Depends, Request

from app.db import Database
from app.following.wakeups import Wakeups
from app.settings import Settings


async def get_database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


async def get_settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


async def get_wakeups(request: Request) -> Wakeups:
    wakeups: Wakeups = request.app.state.wakeups
    return wakeups


Db = Annotated[Database, Depends(get_database)]
Config = Annotated[Settings, Depends(get_settings)]
Bells = Annotated[Wakeups, Depends(get_wakeups)]
