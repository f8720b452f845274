import re
from pathlib import Path

import pytest

from streams.settings.listener import Part
from streams.settings.secrets.first_line import SecretError
from streams.settings.settings import Settings, SettingsError, load_settings, variables


def test_defaults_listen_on_localhost_only() -> None:
    settings = load_settings()
    assert {settings.exporter.host, settings.worker_metrics.host} == {"127.0.0.1"}
    assert settings.kafka_options() == {"bootstrap_servers": ["127.0.0.1:9092"], "security_protocol": "PLAINTEXT"}


def test_variables_win_over_the_env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "ioc.env"
    file.write_text("IOC_TOPIC_PREFIX=from-file\nIOC_PARTITIONS=6\nOTHER=1\n")
    monkeypatch.setenv("IOC_PARTITIONS", "4")
    settings = load_settings(file)
    assert (settings.topic_prefix, settings.partitions) == ("from-file", 4)


@pytest.mark.parametrize("where", ["environment", "file"])
def test_a_misspelt_variable_is_refused(where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "ioc.env"
    file.write_text("IOC_SECURITY_PROTOCL=SSL\n" if where == "file" else "")
    if where == "environment":
        monkeypatch.setenv("IOC_SECURITY_PROTOCL", "SSL")
    with pytest.raises(SettingsError, match="did you mean IOC_SECURITY_PROTOCOL"):
        load_settings(file)


def test_every_fault_is_named_in_one_run(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"IOC_PARTITIONS: .*greater than or equal to 1; IOC_CA_FILE: there is no"):
        load_settings(partitions=0, ca_file=tmp_path / "none.pem")


def test_the_variables_of_a_part_begin_with_its_name() -> None:
    parts = {name: field.annotation for name, field in Settings.model_fields.items()}
    found = {name: part.variables for name, part in parts.items() if isinstance(part, type) and issubclass(part, Part)}
    assert len(found) == 9
    assert found == {name: f"IOC_{name.upper()}_" for name in found}


def test_a_part_takes_what_an_override_leaves_open_from_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IOC_EXPORTER_HOST", "192.0.2.1")
    monkeypatch.setenv("IOC_EXPORTER_PORT", "1")
    exporter = load_settings(exporter={"port": 2}).exporter
    assert (exporter.host, exporter.port) == ("192.0.2.1", 2)


def test_a_fault_of_a_part_names_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IOC_GATEWAY_METRICS_TOKEN_FILE", "/nowhere")
    with pytest.raises(SettingsError, match=r"^IOC_GATEWAY_METRICS_TOKEN_FILE: there is no file /nowhere$"):
        load_settings()


def test_an_empty_file_of_a_token_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("\n")
    with pytest.raises(SecretError, match="is empty"):
        _ = load_settings(exporter={"token_file": file}).exporter.secret


@pytest.mark.parametrize("value", ["", "  "])
@pytest.mark.parametrize("where", ["environment", "file"])
def test_a_variable_that_is_set_and_empty_is_refused(
    where: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``IOC_BOOTSTRAP_SERVERS=`` is no wish for the default, which is the live prefix on this machine."""
    file = tmp_path / "ioc.env"
    file.write_text(f"IOC_BOOTSTRAP_SERVERS={value}\nIOC_RELAY_URL\n" if where == "file" else "")
    if where == "environment":
        monkeypatch.setenv("IOC_BOOTSTRAP_SERVERS", value)
        monkeypatch.setenv("IOC_RELAY_URL", value)
    with pytest.raises(SettingsError, match=r"^IOC_BOOTSTRAP_SERVERS, IOC_RELAY_URL: set and empty"):
        load_settings(file)


def test_no_variable_may_be_set_and_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [variable.name for variable in variables()]
    for name in names:
        monkeypatch.setenv(name, "")
    with pytest.raises(SettingsError) as refusal:
        load_settings()
    assert all(name in str(refusal.value) for name in names)


@pytest.mark.parametrize("servers", ["kafka", "kafka:", "kafka:9092,", "http://kafka:9092", "::1:9092", "a:1;b:2"])
def test_brokers_that_are_no_hosts_with_ports_are_refused(servers: str) -> None:
    with pytest.raises(SettingsError, match=r"IOC_BOOTSTRAP_SERVERS: .* is no host:port"):
        load_settings(bootstrap_servers=servers)


def test_brokers_may_have_spaces_between_and_addresses_in_brackets() -> None:
    options = load_settings(bootstrap_servers="kafka-1:9092, [::1]:9093").kafka_options()
    assert options["bootstrap_servers"] == ["kafka-1:9092", "[::1]:9093"]


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b" \n", b"\xef\xbb\xbf\n", b"\xff\xfes\0", b"s\0e\0", b"s\xc2\xa0t", b"a\tb", b"fifteen-letters"],
)
def test_a_file_that_holds_no_sound_secret_is_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_bytes(content)
    with pytest.raises(SecretError, match=re.escape(str(file))):
        _ = load_settings(exporter={"token_file": file}).exporter.secret


@pytest.mark.parametrize("content", ["s3cret", "\ufeffs3cret\r\n", "  s3cret  \nsecond line\n"])
def test_a_secret_is_taken_without_what_editors_leave_around_it(content: str, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(content, encoding="utf-8", newline="")
    first = content.partition("\n")[0]
    for settings in (load_settings(relay={"token_file": file}), load_settings(relay={"token": first})):
        assert settings.relay.account_token is not None
        assert settings.relay.account_token.get_secret_value() == "s3cret"


@pytest.mark.parametrize("value", [" ", "\ufeff", "a\0b", "a\nb"])
def test_a_secret_that_is_set_and_none_is_refused_and_not_repeated(value: str) -> None:
    with pytest.raises(SettingsError, match=r"^IOC_RELAY_TOKEN: it ") as refusal:
        load_settings(relay={"token": value})
    assert value.strip() not in str(refusal.value) or not value.strip()


def test_passwords_come_from_files_and_are_never_shown(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("s3cret\n")
    settings = load_settings(
        security_protocol="SASL_PLAINTEXT", sasl_username="ioc", sasl_password_file=file, sasl_password="other-s3cret"
    )
    options = settings.kafka_options()
    assert (options["sasl_plain_username"], options["sasl_plain_password"]) == ("ioc", "s3cret")
    assert "s3cret" not in repr(settings)


def test_a_refused_value_is_not_repeated() -> None:
    with pytest.raises(SettingsError) as refusal:
        load_settings(relay={"heartbeat_url": "ftp//t0ken"})
    assert "IOC_RELAY_HEARTBEAT_URL" in str(refusal.value)
    assert "t0ken" not in str(refusal.value)


def test_sasl_without_a_password_is_refused() -> None:
    with pytest.raises(SettingsError, match="SASL_SSL needs IOC_SASL_PASSWORD_FILE"):
        load_settings(security_protocol="SASL_SSL", sasl_username="ioc")


def test_an_encrypted_protocol_verifies_the_broker() -> None:
    context = load_settings(security_protocol="SSL").ssl_context()
    assert context is not None
    assert context.check_hostname


def test_a_certificate_without_its_key_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "cert.pem"
    file.touch()
    with pytest.raises(SettingsError, match=r"^IOC_CERT_FILE and IOC_KEY_FILE go together$"):
        load_settings(cert_file=file)
    with pytest.raises(SettingsError, match=r"^IOC_RELAY_CERT_FILE and IOC_RELAY_KEY_FILE go together$"):
        load_settings(relay={"key_file": file})
