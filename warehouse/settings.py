"""Where everything lives and what a file may cost: the only reader of the environment.

`TMW_HOME` holds all that a run creates; removing that folder removes everything.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Settings of one installation; every field may be given as `TMW_<NAME>`."""

    model_config = SettingsConfigDict(
        env_prefix="TMW_", env_ignore_empty=True, extra="ignore", frozen=True
    )

    home: Path = Field(default=PROJECT_ROOT / ".tmw", description="holds all that a run creates")
    database_url: SecretStr | None = Field(
        default=None, description="administrator's URL of another PostgreSQL >= 16"
    )
    timezone: str = "Asia/Shanghai"
    signature_days: float = Field(
        default=7.0, gt=0, description="a signature not given by then is refused"
    )
    max_file_bytes: int = Field(default=32 * 1024 * 1024, gt=0)
    read_timeout_seconds: float = Field(default=60.0, gt=0)
    read_cpu_seconds: float = Field(default=15.0, gt=0, description="work on one file")
    read_memory_bytes: int = Field(default=1024 * 1024 * 1024, gt=0)
    read_max_parts: int = Field(default=2_000, gt=0, description="parts of a zipped workbook")
    read_max_inflated_bytes: int = Field(default=512 * 1024 * 1024, gt=0)
    read_max_inflation: float = Field(
        default=200.0, gt=0, description="100 is common in honest workbooks of repeated cells"
    )
    read_max_cells: int = Field(default=1_000_000, gt=0, description="cells that are not blank")
    read_max_area: int = Field(
        default=5_000_000, gt=0, description="rows times columns up to the farthest cell"
    )

    object_store_url: str | None = Field(
        default=None, description="where returns arrive too, e.g. s3://bucket/returns"
    )
    object_store_endpoint: str | None = Field(default=None, description="URL of another S3 server")
    object_store_key: str | None = Field(
        default=None,
        description="access key; its secret is the secret file object_store_secret",
    )
    object_store_secret: SecretStr | None = Field(
        default=None, description="in place of the secret file"
    )
    object_store_seconds: float = Field(
        default=30.0, gt=0, description="how often the scheduler looks there"
    )

    backup_dir: Path | None = Field(
        default=None, description="where keep_house puts its backups, best on another disk"
    )
    backup_keep: int = Field(default=14, gt=0, description="how many of them are kept")
    trim_days: int = Field(default=90, gt=0, description="age at which logs and runs of Airflow go")
    remind_days: int = Field(default=60, gt=0, description="how long after a deadline one reminds")
    smtp_host: str | None = Field(default=None, description="mail server; without it no mail")
    smtp_port: int = Field(default=587, gt=0, lt=65536)
    smtp_user: str | None = Field(
        default=None, description="its password is the secret file smtp_password"
    )
    smtp_from: str = "tmw@localhost"
    smtp_starttls: bool = True

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.expanduser().absolute()

    @property
    def project_root(self) -> Path:
        """Return the checkout this process runs from."""
        return PROJECT_ROOT

    @property
    def dbt_project_dir(self) -> Path:
        """Return the folder of the dbt project."""
        return PROJECT_ROOT / "dbt_project"

    @property
    def inbox_dir(self) -> Path:
        """Return the folder where files arrive."""
        return self.home / "inbox"

    @property
    def outbox_dir(self) -> Path:
        """Return the folder of answers to the reporting units."""
        return self.home / "outbox"

    @property
    def landing_dir(self) -> Path:
        """Return the store of the bytes as received, by sha256."""
        return self.home / "landing"

    @property
    def log_dir(self) -> Path:
        """Return the folder of all logs."""
        return self.home / "logs"

    @property
    def secret_dir(self) -> Path:
        """Return the folder of generated passwords (mode 0700)."""
        return self.home / "secrets"

    @property
    def report_dir(self) -> Path:
        """Return the folder of bulletins and exports."""
        return self.home / "reports"

    @property
    def database_dir(self) -> Path:
        """Return the data folder of the embedded PostgreSQL."""
        return self.home / "database"

    @property
    def backup_folder(self) -> Path:
        """Return the folder of the daily backups."""
        return (self.backup_dir or self.home / "backups").expanduser().absolute()

    @property
    def run_dir(self) -> Path:
        """Return the folder of ports, locks and process ids."""
        return self.home / "run"

    @property
    def drafts_dir(self) -> Path:
        """Return the folder of answers that are being composed."""
        return self.run_dir / "drafts"

    @property
    def areas_file(self) -> Path:
        """Return the areas imported by `tmw areas import`, readable without a database."""
        return self.home / "areas.csv"


def load_settings() -> Settings:
    """Read the settings of this process from its environment."""
    return Settings()
