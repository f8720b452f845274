"""``ioc accounts``: the people of an installation that has no provider of OpenID Connect."""

import secrets
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ioc.cli.terminal import console
from streams.web.people.accounts import (
    SHORTEST_PASSWORD,
    Account,
    Accounts,
    hash_of_password,
    hash_of_token,
    load_accounts,
    new_token,
    write_accounts,
)
from streams.web.people.roles import Role

app = typer.Typer(help="Accounts of the relay's pages and those of cases.", no_args_is_help=True)

File = Annotated[Path, typer.Option(envvar="IOC_PEOPLE_ACCOUNTS", help="The file of accounts.")]
Name = Annotated[str, typer.Argument(help="The account: small letters, digits and . _ -")]
_FILE = Path("secrets/accounts.yaml")


def _role(text: str) -> Role:
    try:
        return Role.named(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


@app.command("set")
def set_(
    account: Name,
    name: Annotated[str, typer.Option(help="The person's name, as colleagues read it.")],
    role: Annotated[Role, typer.Option(parser=_role, metavar="ROLE", help=", ".join(map(str, Role)))],
    generate: Annotated[bool, typer.Option("--generate", help="Make a password and print it.")] = False,
    file: File = _FILE,
) -> None:
    """Add an account, or give it another name, role and password."""
    password = secrets.token_urlsafe(15) if generate else _asked()
    known = _read(file).accounts
    tokens = known[account].tokens_sha256 if account in known else []
    hashed = hash_of_password(password)
    new = Account(name=name, role=str(role), password=hashed, tokens_sha256=tokens)
    write_accounts(file, {**known, account: new})
    console.print(f"{account}: {role}, in {file}")
    if generate:
        console.print(f"password: {password}", highlight=False, soft_wrap=True)


@app.command()
def token(account: Name, file: File = _FILE) -> None:
    """Make a token of an account, in place of its former ones, for `ioc alerts` and other programs of its person."""
    known = _known(file, account)
    made = new_token()
    changed = known[account].model_copy(update={"tokens_sha256": [hash_of_token(made)]})
    write_accounts(file, {**known, account: changed})
    typer.echo(made)


@app.command()
def remove(account: Name, file: File = _FILE) -> None:
    """Remove an account: its sessions end at once."""
    known = _known(file, account)
    write_accounts(file, {name: each for name, each in known.items() if name != account})
    console.print(f"{account} removed from {file}")


@app.command("list")
def list_(file: File = _FILE) -> None:
    """Who has an account, in which role."""
    table = Table("account", "name", "role", "password", "tokens")
    for name, each in _read(file).accounts.items():
        table.add_row(name, each.name, each.role, "yes" if each.password else "none", str(len(each.tokens_sha256)))
    console.print(table)


def _asked() -> str:
    text: str = typer.prompt(
        f"Password, at least {SHORTEST_PASSWORD} characters", hide_input=True, confirmation_prompt=True
    )
    if len(text) < SHORTEST_PASSWORD:
        raise typer.BadParameter(f"it has fewer than {SHORTEST_PASSWORD} characters")
    return text


def _read(file: Path) -> Accounts:
    return load_accounts(file if file.exists() else None)


def _known(file: Path, account: str) -> dict[str, Account]:
    known = _read(file).accounts
    if account not in known:
        raise typer.BadParameter(f"there is no account {account} in {file}")
    return known
