"""What the models have in common."""

from datetime import datetime
from typing import Annotated, Any, TypeAlias
from uuid import UUID

from sqlalchemy import DateTime, MetaData, Row, text
from sqlalchemy.orm import DeclarativeBase, mapped_column

# Written out once, so that the migrations and the models agree on every constraint's name.
NAMES = {
    "pk": "%(table_name)s_pkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
}


class Base(DeclarativeBase):
    """The root of the models. They have no relationships, so nothing is ever loaded behind
    a caller's back."""

    metadata = MetaData(naming_convention=NAMES)


# PostgreSQL 18 makes the ids: they begin with the time, so new rows sit together in the index.
MadeId = Annotated[UUID, mapped_column(primary_key=True, server_default=text("uuidv7()"))]
Time = Annotated[datetime, mapped_column(DateTime(timezone=True))]
TimeOfWriting = Annotated[
    datetime, mapped_column(DateTime(timezone=True), server_default=text("now()"))
]

# A row whose columns are checked as a schema takes it in.
AnyRow: TypeAlias = Row[*tuple[Any, ...]]
