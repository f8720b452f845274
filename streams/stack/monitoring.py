"""Prometheus, its node exporter and Alertmanager as child processes."""

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from streams.stack.children import Children
from streams.stack.ports import free_port
from streams.stack.programs import Program, find_program
from streams.stack.service import Service, serve


@dataclass(frozen=True)
class Doorman:
    """Who may ask a server of Prometheus' kind, and as whom it is asked whether it is ready."""

    web_config: Path
    """The file with the hashes of the passwords, as `ioc secrets` writes it."""
    login: tuple[str, str]
    """User and password."""


def start_prometheus(
    children: Children,
    folder: Path,
    config: Path,
    *,
    targets: Mapping[str, Sequence[str]] | None = None,
    retention: str = "10y",
    port: int | None = None,
    doorman: Doorman | None = None,
) -> Service:
    """Start Prometheus on 127.0.0.1 and return when it is ready.

    config: its configuration file. The whole folder it lies in is copied into `folder`, rule files included.
    targets: `host:port` addresses by name. Each name becomes `targets/<name>.json` in the copy, which the
        configuration finds them by (`file_sd_configs`, for scraped targets and for Alertmanagers alike).
    retention: how long samples are kept; Prometheus' own 15 days would drop a replay of last year.
    port: where to listen, by default a free port.
    doorman: who may ask it; by default everybody on this machine.

    SIGHUP to the child loads the copied configuration again. Raises SetupError and ChildFailed, ValueError if
    `folder` lies in the configuration's.
    """
    url = f"http://127.0.0.1:{port or free_port()}"
    folder = folder.resolve()
    copy = folder / "config"
    _copy_folder(config.parent.resolve(), copy)
    _write_targets(copy / "targets", targets or {})
    program = find_program(Program.PROMETHEUS)
    command = [
        str(program),
        f"--config.file={copy / config.name}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--storage.tsdb.retention.time={retention}",
        f"--web.listen-address={url.removeprefix('http://')}",
        f"--web.external-url={url}",
        # By default every web site open in the operator's browser may read it.
        f"--web.cors.origin={re.escape(url)}",
        *_asking(doorman),
    ]
    login = None if doorman is None else doorman.login
    return serve(children, "prometheus", command, url=url, ready="/-/ready", cwd=_home(program), login=login)


def start_alertmanager(
    children: Children, folder: Path, config: Path, *, port: int | None = None, doorman: Doorman | None = None
) -> Service:
    """Start Alertmanager with the configuration file `config` on 127.0.0.1 and return when it is ready.

    It is alone: its cluster port stays closed. Raises SetupError and ChildFailed.
    """
    url = f"http://127.0.0.1:{port or free_port()}"
    folder = folder.resolve()
    program = find_program(Program.ALERTMANAGER)
    command = [
        str(program),
        f"--config.file={config.resolve()}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address={url.removeprefix('http://')}",
        f"--web.external-url={url}",
        "--cluster.listen-address=",
        *_asking(doorman),
    ]
    folder.mkdir(parents=True, exist_ok=True)
    login = None if doorman is None else doorman.login
    return serve(children, "alertmanager", command, url=url, ready="/-/ready", cwd=_home(program), login=login)


def start_node_exporter(children: Children) -> Service:
    """Start the node exporter on 127.0.0.1, with what it says of disks alone. Raises SetupError and ChildFailed."""
    url = f"http://127.0.0.1:{free_port()}"
    command = [
        str(find_program(Program.NODE_EXPORTER)),
        "--collector.disable-defaults",
        "--collector.filesystem",
        f"--web.listen-address={url.removeprefix('http://')}",
    ]
    return serve(children, "node-exporter", command, url=url, ready="/")


def _asking(doorman: Doorman | None) -> list[str]:
    return [] if doorman is None else [f"--web.config.file={doorman.web_config}"]


def _home(program: Path) -> Path:
    """The folder a server is started in: the root of its package."""
    return program.parent.parent.parent


def _copy_folder(source: Path, copy: Path) -> None:
    if copy.is_relative_to(source):
        raise ValueError(f"{copy} would be a copy of {source} inside itself: choose a run folder elsewhere.")
    shutil.rmtree(copy, ignore_errors=True)  # rules that were removed since the last run
    shutil.copytree(source, copy)


def _write_targets(folder: Path, targets: Mapping[str, Sequence[str]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, addresses in targets.items():
        (folder / f"{name}.json").write_text(json.dumps([{"targets": list(addresses)}], indent=2) + "\n")
