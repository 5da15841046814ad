"""Commands that keep the house: backup, restore, secrets, contacts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.output import AsJson, print_json, print_records, progress, result
from warehouse.settings import load_settings

secrets_app = typer.Typer(no_args_is_help=True)
contacts_app = typer.Typer(no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(help="The folder of the backups of this home.")]
SecretFile = Annotated[
    Path | None, typer.Option("--secrets", help="A file of its own for the passwords (mode 600).")
]


def backup(directory: Folder, secrets: SecretFile = None, as_json: AsJson = False) -> None:
    """Save a home into DIR/<time>/, landing files once into DIR/landing; the stack may run."""
    from ingest.landing import waiting_files
    from warehouse.backup import make_backup
    from warehouse.backup_manifest import read_manifest, require_undamaged
    from warehouse.secrets import save_secrets

    settings = load_settings()
    if secrets is not None:
        save_secrets(settings, secrets, apart_from=directory)
    with progress.status("Backing up") as shown:
        made = make_backup(settings, directory, waiting_files(settings), shown.update)
    if as_json:
        print_json(made.as_json())
    else:
        result.print(
            f"{made.folder}: {made.publications} publications, {made.landing_files} landing files"
            f" ({made.copied_files} new), {made.waiting_files} in the inbox,"
            f" dump of {made.dump_bytes:,} bytes",
            soft_wrap=True,
        )
    require_undamaged(read_manifest(Path(made.folder)))


def restore(directory: Folder, secrets: SecretFile = None, as_json: AsJson = False) -> None:
    """Restore a backup (the newest of a folder) into an empty home and check every part."""
    from ingest.landing import submit_file
    from warehouse.restore import restore_backup
    from warehouse.secrets import load_secrets

    settings = load_settings()
    if secrets is not None:
        load_secrets(settings, secrets)
    with progress.status("Restoring") as shown:
        done = restore_backup(settings, directory, submit_file, shown.update)
    if as_json:
        print_json(done.as_json())
        return
    result.print(
        f"{settings.home} is restored from {done.backup} ({done.made_at}):"
        f" {done.publications} publications with the same figures, {done.landing_files} landing"
        f" files with the same bytes, {done.waiting_files} files in the inbox.",
        soft_wrap=True,
    )
    for path in done.damaged:
        result.print(f"Missing since before the backup: {path}", soft_wrap=True)
    for month in done.waiting_signature:
        result.print(
            f"{month} waits for a signature: tmw publish --month {month} --sign NAME --reason TEXT",
            soft_wrap=True,
        )


@secrets_app.command("rotate")
def rotate(
    name: Annotated[str | None, typer.Argument(help="One secret; without it all.")] = None,
    as_json: AsJson = False,
) -> None:
    """Put new passwords in the place of old ones; the stack has to be started anew."""
    from cli.stack_state import is_running
    from warehouse.rotate import rotate as run_rotate

    settings = load_settings()
    names = run_rotate(settings, name)
    running = is_running(settings)
    if as_json:
        print_json({"rotated": names, "restart_needed": running})
        return
    result.print(f"New: {', '.join(names)} in {settings.secret_dir}.", soft_wrap=True)
    if "database_bi_reader" in names:
        result.print("Readers get their new address from: tmw db url")
    if running:
        result.print("The stack still works with the old ones: tmw stack stop; tmw stack start")


@contacts_app.command("import")
def import_contacts(
    csv: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    as_json: AsJson = False,
) -> None:
    """Say who answers for a unit's returns: area_code, name, email."""
    from warehouse.contacts import import_contacts as run_import

    count = run_import(load_settings(), csv)
    if as_json:
        print_json({"contacts": count})
    else:
        result.print(f"{count} contacts")


@contacts_app.command("list")
def list_contacts(as_json: AsJson = False) -> None:
    """List who answers for which unit."""
    from warehouse.contacts import list_contacts as run_list

    print_records("Contacts", run_list(load_settings()), as_json)


COMMANDS: dict[str, Callable[..., Any]] = {"backup": backup, "restore": restore}
