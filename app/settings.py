"""What a deployment may choose: one frozen object, read once, refused when unsafe."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from limits import parse
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Environment(StrEnum):
    DEVELOPMENT = "development"
    PRODUCTION = "production"


class Provider(BaseModel):
    """An identity provider that people may sign in with (OpenID Connect); see docs/sign-in.md."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")
    name: str = Field(min_length=1, max_length=60)
    issuer: str = Field(max_length=300)
    client_id: str = Field(min_length=1)
    client_secret: SecretStr
    scope: str = "openid email"
    domains: tuple[str, ...] = ()

    @field_validator("issuer")
    @classmethod
    def _over_tls(cls, said: str) -> str:
        parts = urlsplit(said)
        own = parts.scheme == "http" and parts.hostname in LOOPBACK
        if not (own or (parts.scheme == "https" and parts.hostname)) or parts.query:
            raise ValueError("an issuer begins with https:// (http:// on a loopback address only).")
        return said

    @field_validator("scope")
    @classmethod
    def _asks_for_the_address(cls, said: str) -> str:
        if not {"openid", "email"} <= set(said.split()):
            raise ValueError("a scope has at least openid and email.")
        return said

    @field_validator("domains")
    @classmethod
    def _one_spelling(cls, said: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(domain.lower().removeprefix("@") for domain in said)


class Settings(BaseSettings):
    """Every setting, from the environment with the prefix ``CWG_``; durations are in seconds."""

    model_config = SettingsConfigDict(env_prefix="CWG_", frozen=True, extra="ignore")

    environment: Environment = Field(
        default=Environment.PRODUCTION, description="development allows plain http on loopback."
    )
    data_dir: Path = Field(
        default=Path("var"), description="Folder of the embedded database and of the signing keys."
    )
    database_url: str = Field(
        default="", description="SQLAlchemy URL; empty means SQLite inside the data folder."
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on.")
    base_url: str = Field(
        default="", description="Address people use, https in production; its host is the Origin."
    )
    workers: int = Field(default=1, ge=1, le=64, description="Processes; more need PostgreSQL.")
    secret: SecretStr = Field(
        default=SecretStr(""),
        description="Signs tickets and forms; 32 characters or more, or kept in the data folder.",
    )
    smtp_url: str = Field(
        default="",
        description="smtp://user:password@host:port (smtps:// for TLS); empty: letters wait.",
    )
    mail_from: str = Field(
        default="meetings@localhost",
        description="Sender of the service's letters; written inputs go there too.",
    )
    demo: bool = Field(
        default=False, description="Role page and outbox; development on loopback only."
    )
    link_lifetime: int = Field(default=1800, ge=60, description="A sign-in link works this long.")
    login_lifetime: int = Field(
        default=14 * 86400, ge=600, description="A login ends this long after it was made."
    )
    providers: Annotated[tuple[Provider, ...], NoDecode] = Field(
        default=(), description="Identity providers to sign in with, as JSON; see sign-in.md."
    )
    passkey_required: bool = Field(
        default=False,
        description="Chair, vice-chairs and secretariat need a passkey; see sign-in.md.",
    )
    ticket_lifetime: int = Field(default=60, ge=5, le=60, description="A ticket works this long.")
    lease_lifetime: float = Field(
        default=10.0, gt=1.0, le=60.0, description="A process unheard of for so long is gone."
    )
    hello_deadline: float = Field(
        default=10.0, gt=0, description="A socket must have said hello by then."
    )
    silent_sockets: int = Field(
        default=2000, ge=1, description="At most so many sockets that have not said hello."
    )
    write_buffer: int = Field(
        default=1_048_576, ge=65536, description="Bytes waiting for a reader before it is closed."
    )
    links_per_address: str = Field(
        default="600/hour",
        description="Sign-in letters asked for from one network address; a hall shares one.",
    )
    links_per_person: str = Field(
        default="5/hour", description="Sign-in letters asked for one mail address."
    )
    wishes_per_person: str = Field(
        default="120/minute", description="Wishes one person may make, at each process."
    )
    captions_per_person: str = Field(
        default="600/minute", description="Lines, corrections and interim texts of one captioner."
    )
    chat_per_person: str = Field(
        default="15/minute", description="Chat messages one person may write, at each process."
    )
    statements_per_person: str = Field(
        default="12/hour", description="Written statements one person may hand in."
    )
    tickets_per_person: str = Field(
        default="60/minute", description="Tickets one person may draw, at each process."
    )
    claims_per_person: str = Field(
        default="60/hour", description="Claims one person may make, change or take back."
    )
    pictures_per_person: str = Field(
        default="90/minute", description="Pictures one person may have opened, at each process."
    )

    files_url: str = Field(
        default="", description="s3://bucket/prefix for files; empty: files in the data folder."
    )
    files_endpoint: str = Field(
        default="", description="Address of an S3 that is not AWS; https, or http on loopback."
    )
    files_region: str = Field(default="", description="Region of the bucket, where it has one.")
    files_per_person: str = Field(default="60/hour", description="Files one person may send.")
    saves_per_person: str = Field(
        default="240/minute", description="Fields of inputs one person may save."
    )
    inputs_per_person: str = Field(
        default="30/hour", description="Inputs one person may begin or send."
    )
    inputs_per_address: str = Field(
        default="600/hour", description="Inputs sent from one network address; a hall shares one."
    )

    @field_validator("providers", mode="before")
    @classmethod
    def _listed(cls, said: object) -> object:
        if not isinstance(said, str):
            return said
        try:
            return json.loads(said or "[]")
        except ValueError:
            raise ValueError("CWG_PROVIDERS: write a JSON list; see docs/sign-in.md.") from None

    @field_validator(
        "links_per_address",
        "links_per_person",
        "wishes_per_person",
        "captions_per_person",
        "chat_per_person",
        "statements_per_person",
        "tickets_per_person",
        "claims_per_person",
        "pictures_per_person",
        "files_per_person",
        "saves_per_person",
        "inputs_per_person",
        "inputs_per_address",
    )
    @classmethod
    def _rate(cls, said: str, about: ValidationInfo) -> str:
        try:
            fits = parse(said).amount > 0
        except ValueError:
            fits = False
        if not fits:
            name = f"CWG_{(about.field_name or '').upper()}"
            raise ValueError(f"{name}: say a number and a time, such as 5/hour.")
        return said

    @model_validator(mode="after")
    def _refuse_what_is_unsafe(self) -> Self:
        for fault in self._faults():
            raise ValueError(fault)
        return self

    def _faults(self) -> list[str]:
        faults = []
        if self.workers > 1 and self.database.startswith("sqlite"):
            faults.append("CWG_WORKERS: SQLite serves one process; set CWG_DATABASE_URL.")
        if self.secret.get_secret_value() and len(self.secret.get_secret_value()) < 32:  # noqa: PLR2004 - the length the description names
            faults.append("CWG_SECRET: use at least 32 characters, or leave it empty.")
        if self.files_url and not self.files_url.startswith("s3://"):
            faults.append("CWG_FILES_URL: s3://bucket/prefix, or leave it empty.")
        endpoint = urlsplit(self.files_endpoint)
        if endpoint.scheme not in {"", "https"} and endpoint.hostname not in LOOPBACK:
            faults.append("CWG_FILES_ENDPOINT: begin with https://.")
        if self.demo and not (self.development and self.host in LOOPBACK):
            faults.append("CWG_DEMO: only in development, and only on a loopback address.")
        if not self.development and not self.base_url.startswith("https://"):
            faults.append("CWG_BASE_URL: production needs an address that begins with https://.")
        if self.development and self.host not in LOOPBACK:
            faults.append("CWG_ENVIRONMENT: development listens on a loopback address only.")
        if len({each.key for each in self.providers}) < len(self.providers):
            faults.append("CWG_PROVIDERS: each needs a key of its own.")
        if self.smtp_url and not self.smtp_url.startswith(("smtp://", "smtps://")):
            faults.append("CWG_SMTP_URL: begin with smtp:// or smtps://.")
        return faults

    @property
    def development(self) -> bool:
        """Whether plain http cookies and the pages of the demo may exist."""
        return self.environment is Environment.DEVELOPMENT

    @property
    def database(self) -> str:
        """The database's URL, the embedded default included."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir / 'cwg.sqlite'}"

    @property
    def address(self) -> str:
        """The origin people use, without a slash at the end."""
        return (self.base_url or f"http://{self.host}:{self.port}").rstrip("/")


def faults_of(wrong: ValidationError) -> str:
    """What is wrong with the environment, a line for each setting, by its name."""
    return "\n".join(map(_fault, wrong.errors()))


def _fault(error: ErrorDetails) -> str:
    said = str(error["msg"]).removeprefix("Value error, ")
    if said.startswith("CWG_"):
        return said
    if not error["loc"]:
        return said
    name, *within = map(str, error["loc"])
    return f"CWG_{name}".upper() + "".join(f".{each}" for each in within) + f": {said}"
