"""How Airflow is configured: by environment variables alone, made anew at every start.

Everything of Airflow stays inside `TMW_HOME`, every port on loopback; nothing is read from an
`airflow.cfg` or from `AIRFLOW__...` variables of the person who starts the stack.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import socket
from pathlib import Path

from sqlalchemy import URL

from cli.airflow_accounts import ADMIN, write_passwords
from cli.private_file import write_private
from warehouse.database import Role, database_url
from warehouse.secrets import given_secret, secret
from warehouse.settings import Settings

HOST = "127.0.0.1"
DAG_IDS = (
    "keep_house",
    "monthly_monitoring",
    "monthly_revision",
    "monthly_signature",
    "receive_submissions",
)
SMTP_CONNECTION = "tmw_smtp"
SMTP_PASSWORD = "smtp_password"  # noqa: S105 (the name of a secret)


def airflow_home(settings: Settings) -> Path:
    """Return Airflow's own folder."""
    return settings.home / "airflow"


def dags_folder(settings: Settings) -> Path:
    """Return the folder of our DAGs."""
    return settings.project_root / "dags"


def airflow_url(port: int) -> str:
    """Return the address of Airflow's web page and REST API."""
    return f"http://{HOST}:{port}"


def choose_port(settings: Settings) -> int:
    """Return the port of the last start if it is free, else any free one; remember it."""
    path = settings.run_dir / "airflow.port"
    try:
        port = int(path.read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        port = 0
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            probe.bind((HOST, 0))
        port = int(probe.getsockname()[1])
    write_private(path, f"{port}\n")
    return port


def airflow_environment(settings: Settings, port: int) -> dict[str, str]:
    """Return the whole environment of Airflow's components.

    The database must be running: its address is part of it.
    """
    url = airflow_url(port)
    database = database_url(settings, Role.airflow)
    logs = settings.log_dir / "airflow"
    ours: dict[str, dict[str, object]] = {
        "core": {
            "dags_folder": dags_folder(settings),
            "plugins_folder": dags_folder(settings) / "plugins",
            "executor": "LocalExecutor",
            "parallelism": 3,
            "mp_start_method": "fork",
            "default_timezone": settings.timezone,
            "load_examples": False,
            "dags_are_paused_at_creation": False,
            "fernet_key": _fernet_key(settings),
            "execution_api_server_url": f"{url}/execution/",
            "auth_manager": "signer_accounts.SignerAuthManager",
            "simple_auth_manager_users": f"{ADMIN}:admin",
            "simple_auth_manager_passwords_file": write_passwords(settings),
            # the fully qualified name would ask a name server, which may not answer
            "hostname_callable": "socket.gethostname",
            "min_serialized_dag_update_interval": 5,
        },
        "database": {
            "sql_alchemy_conn": _text(database),
            "sql_alchemy_conn_async": _text(database),  # psycopg does both
            "sql_alchemy_pool_size": 3,
        },
        "api": {
            "host": HOST,
            "port": port,
            "base_url": url,
            "workers": 1,
            "secret_key": secret(settings, "airflow_api"),
            "enable_swagger_ui": False,  # its page loads scripts from the internet
        },
        "api_auth": {"jwt_secret": _jwt_secret(settings)},
        "scheduler": {
            "enable_health_check": False,
            "scheduler_heartbeat_sec": 2,
            "scheduler_idle_sleep_time": 0.5,
            "catchup_by_default": False,
            # after a crash a task is taken up again within a minute, not after five
            "orphaned_tasks_check_interval": 30,
            "task_instance_heartbeat_timeout": 60,
        },
        "dag_processor": {
            "refresh_interval": 30,
            "min_file_process_interval": 60,
            "parsing_processes": 1,
            "dag_bundle_storage_path": airflow_home(settings) / "bundles",
        },
        "triggerer": {"capacity": 200, "job_heartbeat_sec": 2},
        "logging": {
            "base_log_folder": logs,
            "dag_processor_child_process_log_directory": logs / "dag_processor",
            "colored_console_log": False,
            "namespace_levels": "http.access=WARNING",
            "file_task_handler_new_folder_permissions": "0o700",
            "file_task_handler_new_file_permissions": "0o600",
        },
        "metrics": {"statsd_on": False, "otel_on": False},
        "traces": {"otel_on": False},
        "sentry": {"sentry_on": False},
    }
    environment = {
        name: value
        for name, value in os.environ.items()  # passed on to the components, not read
        # with the second one Python compiles Airflow anew at every start
        if not name.lstrip("_").startswith("AIRFLOW") and name != "PYTHONDONTWRITEBYTECODE"
    }
    environment |= {
        f"AIRFLOW__{section.upper()}__{option.upper()}": str(value)
        for section, options in ours.items()
        for option, value in options.items()
    }
    environment |= {
        **smtp_connection(settings),
        "AIRFLOW_HOME": str(airflow_home(settings)),
        "TMW_HOME": str(settings.home),
        # process titles would otherwise overwrite the environment by which `stop` finds strays
        "SPT_NOENV": "1",
        "DO_NOT_TRACK": "1",
        "NO_PROXY": f"{HOST},localhost",
        "no_proxy": f"{HOST},localhost",
    }
    return environment


def smtp_connection(settings: Settings) -> dict[str, str]:
    """Return the environment that makes the mail server known to Airflow; empty without one."""
    if settings.smtp_host is None:
        return {}
    connection = {
        "conn_type": "smtp",
        "host": settings.smtp_host,
        "port": settings.smtp_port,
        "extra": {
            "from_email": settings.smtp_from,
            "disable_ssl": True,  # TLS from the first byte is not offered, STARTTLS is
            "disable_tls": not settings.smtp_starttls,
            "retry_limit": 1,
        },
    }
    if settings.smtp_user is not None:
        password = given_secret(settings, SMTP_PASSWORD)
        connection |= {"login": settings.smtp_user, "password": password}
    return {f"AIRFLOW_CONN_{SMTP_CONNECTION.upper()}": json.dumps(connection)}


def _fernet_key(settings: Settings) -> str:
    digest = hashlib.sha256(secret(settings, "airflow_fernet").encode()).digest()
    return base64.urlsafe_b64encode(digest).decode()


def _jwt_secret(settings: Settings) -> str:
    """Return a secret of the 64 bytes or more that its algorithm wants."""
    return hashlib.sha512(secret(settings, "airflow_jwt").encode()).hexdigest()


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)
