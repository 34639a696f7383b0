"""Files of keys and passwords are told by name and content; logs and configuration are not taken for them."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from conftest import ROOT, RealFailure, WriteCase

from logdebug.agent.messages import ToolCall
from logdebug.agent.reading import Reading
from logdebug.agent.tools import run_tool
from logdebug.credentials import holds_secrets, is_secret_name
from logdebug.errors import IncidentError, LogError, WorkspaceError
from logdebug.incidents import check_incident
from logdebug.records import Incident
from logdebug.report.opening import open_file

KEY = "-----BEGIN {} PRIVATE KEY-----\nMIIEowIBAAKCAQEA7v0Zk3n9\n-----END {} PRIVATE KEY-----\n"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIDXTCCAkWgAwIBAgIJ\n-----END CERTIFICATE-----\n"
SECRET_NAMES = [
    *(".env", ".ENV", ".env.production", ".env.local.bak", "prod.env", "env", "environ", ".envrc", ".env~", ".env.gz"),
    *("id_rsa", "id_rsa.bak", ".id_rsa.swp", "id_ed25519", "id_ed25519_work", "id_ecdsa-2024", "ssh_host_rsa_key"),
    *("store.p12", "store.pfx", "trust.jks", "app.keystore", "passwords.kdbx", "putty.ppk", "http.keytab"),
    *(".netrc", "_netrc", ".pgpass", ".my.cnf", ".git-credentials", ".htpasswd", ".pypirc", ".erlang.cookie"),
    *("shadow", "shadow-", "gshadow", "etc/shadow.1", "kubeconfig", ".kube/config", "home/.aws/credentials"),
    *(".docker/config.json", ".gnupg/private-keys-v1.d/0A.key", "secrets.yml", "master.key", "x/.config/gcloud/a.json"),
    *(".env-prod", ".env_prod", "env.production", "terraform.tfstate", "TERRAFORM.TFSTATE", "prod.tfstate.backup"),
    *("terraform.tfstate.1700000000.backup", "client.pkcs12", "old.kdb", "keys.agekey", "login.keyring", "key4.db"),
    *("logins.json", "credentials.json", "client_secret_1-a.apps.example.json", "accessTokens.json", "rclone.conf"),
    *("secrets/db_password", "app/secrets/db_password.txt", ".secrets/token", "Secrets/TOKEN.bak"),
    *(".pg_service.conf", ".bash_history", ".zsh_history", ".psql_history.1"),
    *("run/secrets/db_password", "var/serviceaccount/token", "．env", ".env "),  # noqa: RUF001 - a full-width stop
]
READ_NAMES = [
    *("app.log", "server.crt", "ca.pem", "tls.key", "pg_hba.conf", "redis.conf", "my.cnf", "nginx.conf", "env.log"),
    *("environment.log", "authorized_keys", "known_hosts", "sshd_config", "id_rsa.pub", "id_rsa_rotation.log", "npmrc"),
    *(
        ".env.example",
        "terraform.log",
        "main.tf",
        "history.log",
        "bash_history.md",
        "config.json",
        "package.json",
        "keys.log",
        "secrets/app.log",
        "secrets/app.log.1",
        "secrets/values.yaml",
        "secrets",
        "topsecrets/notes",
        "shadow.log",
        "credentials",
        "config",
        "settings.toml",
        "auth.log",
        "token.log",
        "application.yml",
    ),
]
SECRET_TEXTS = {
    "deploy.txt": KEY.format("RSA", "RSA"),
    "deploy": KEY.format("OPENSSH", "OPENSSH"),
    "a": "\ufeff\n" + KEY.format("EC", "EC"),
    "b": KEY.format("ENCRYPTED", "ENCRYPTED"),
    "c": "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQOYBF",
    "server.pem": CERTIFICATE + KEY.format("RSA", "RSA"),
    "bundle": "Bag Attributes\n    friendlyName: x\n" + KEY.format("RSA", "RSA"),
    "tls.key": "# the key\n-----BEGIN PRIVATE KEY-----\nMIIEvg\n",
    "aws": "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalr\n",
    "credentials": "aws_secret_access_key=wJalr\n",
    "net": "machine db.example login shop password hunter2\n",
    "accounts": "root:$6$salt$hash:19000:0:99999:7:::\ndaemon:*:19000:0:99999:7:::\n",
    "users": "admin:$apr1$x$yz\n",
    "git": "https://me:ghp_token@github.example\n",
    "sa.json": '{\n  "type": "service_account",\n  "project_id": "x",\n  "private_key": "-----BEGIN"\n}\n',
    "cluster.yaml": "apiVersion: v1\nkind: Config\nusers:\n- name: me\n  user:\n    token: abc\n",
    "npmrc": "//registry.example/:_authToken=npm_abc\n",
    "docker.json": '{"auths": {"https://index.example/v1/": {"auth": "bWU6cHc="}}, "credsStore": ""}',
    "client.json": '{"installed": {"client_id": "1", "project_id": "x", "client_secret": "GOCSPX-a"}}',
    "adc.json": '{\n  "client_id": "1",\n  "client_secret": "d",\n  "refresh_token": "1//0g",\n  "type": "x"\n}\n',
    "jwk.json": '{"kty": "RSA", "n": "0vx7", "e": "AQAB", "d": "X4cT"}',
    "jwks.json": '{"keys": [{"kty": "oct", "kid": "1", "k": "AyM1"}]}',
    "age.txt": "# created: 2024-01-01\n# public key: age1x\nAGE-SECRET-KEY-1GFPY\n",
    "db.yaml": "# of the database\n---\napiVersion: v1\nkind: Secret\ndata:\n  password: aHVudGVyMg==\n",
    "all.yaml": "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  data:\n    x: aHVu\n  kind: Secret\n",
    "db.json": '{"apiVersion": "v1", "kind": "Secret", "data": {"token": "aHVudGVyMg=="}}',
    "putty.txt": "PuTTY-User-Key-File-2: ssh-rsa\n",
}
READ_TEXTS = {
    "app.log": "2026-11-22 08:00:00 INFO start\n" + KEY.format("RSA", "RSA"),
    "server.crt": CERTIFICATE,
    "ca.pem": CERTIFICATE * 3,
    "passwd": "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n",
    "pg_hba.conf": "# TYPE DATABASE USER ADDRESS METHOD\nlocal all postgres peer\nhost all all 127.0.0.1/32 md5\n",
    "redis.conf": "bind 127.0.0.1\nrequirepass hunter2\nmaxmemory 100mb\n",
    "my.cnf": "[client]\npassword=hunter2\n[mysqld]\ninnodb_buffer_pool_size=8G\n",
    "deploy.yaml": "apiVersion: apps/v1\nkind: Deployment\nspec:\n  token: x\n",
    "records.log": '{"level":"info","msg":"key"}\n{"type":"service_account","private_key":"x"}\n',
    "npmrc": "registry=https://registry.example/\n",
    "stack.yaml": "apiVersion: v1\nkind: Secret\ndata:\n  x: aHVu\n---\nkind: Deployment\nspec:\n  replicas: 1\n",
    "sealed.yaml": "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nspec:\n  encryptedData:\n    x: AgBy\n",
    "audit.log": '{"kind":"Event","level":"Metadata","objectRef":{"resource":"secrets","name":"Secret"}}\n',
    "watch.log": '{"kind":"Secret","action":"sync failed"}\n{"kind":"Deployment","action":"sync failed"}\n',
    "public.json": '{"keys": [{"kty": "RSA", "n": "0vx7", "e": "AQAB"}]}',
    "docker.json": '{"auths": {}, "credsStore": "desktop"}',
    "oauth.log": '{"level": "error", "msg": "client_secret is wrong"}\n{"refresh_token": "expired"}\n',
    "urls.log": "https://me:pw@host.example/x\nGET /\n",
    "tls.key": "",
}


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_a_file_of_secrets_is_known_by_its_name(name: str) -> None:
    """Each usual name of such a file is one, whatever a backup or an editor made of it."""
    assert is_secret_name(name)


@pytest.mark.parametrize("name", READ_NAMES)
def test_what_a_diagnosis_needs_is_no_secret_by_name(name: str) -> None:
    """Logs, configuration, certificates and public keys are read."""
    assert not is_secret_name(name)


@pytest.mark.parametrize(("name", "text"), SECRET_TEXTS.items())
def test_a_file_of_secrets_is_known_by_its_content(name: str, text: str) -> None:
    """Under a name that tells nothing, what it begins with does."""
    assert not is_secret_name(name)
    assert holds_secrets(name, text.encode())


@pytest.mark.parametrize(("name", "text"), READ_TEXTS.items())
def test_what_only_mentions_secrets_is_no_file_of_them(name: str, text: str) -> None:
    """A log in which a key was printed, or a configuration with a password, is read: redaction sees to those."""
    assert not holds_secrets(name, text.encode())


def test_no_file_of_a_real_failure_is_taken_for_secrets(real_failure: RealFailure) -> None:
    """Nothing that the analysts need is refused."""
    for path in real_failure.directory.rglob("*"):
        name = str(path.relative_to(real_failure.directory))
        assert not is_secret_name(name), name
        assert path.is_dir() or not holds_secrets(name, path.read_bytes()[:65_536]), name


def test_no_file_of_the_samples_is_taken_for_secrets() -> None:
    """The demonstration's files are all read."""
    for path in filter(Path.is_file, (ROOT / "sample_logs").rglob("*")):
        assert not is_secret_name(path.name), path
        assert not holds_secrets(path.name, path.read_bytes()[:65_536]), path


def secrets_in(case_dir: WriteCase) -> Incident:
    """Write a case beside which secrets lie."""
    incident = case_dir("ERROR boom\n", app__conf="size = 3\n", server__crt=CERTIFICATE, server__pem=KEY.format("", ""))
    (incident.working_dir / ".env").write_text("TOKEN=the-secret-4711\n")
    (incident.working_dir / "backup").mkdir()
    (incident.working_dir / "backup" / "id_rsa").write_text(KEY.format("RSA", "RSA"))
    (incident.working_dir / "notes").write_text(KEY.format("RSA", "RSA"))
    (incident.working_dir / "wide").write_bytes(KEY.format("RSA", "RSA").encode("utf-16-le"))
    (incident.working_dir / "notes.gz").write_bytes(gzip.compress(KEY.format("RSA", "RSA").encode()))
    return incident


@pytest.mark.parametrize(
    "file", [".env", "./.env", "backup/id_rsa", "backup//id_rsa", "server.pem", "notes", "notes.gz", "wide"]
)
@pytest.mark.parametrize("tool", ["read_lines", "search", "overview"])
def test_no_tool_reads_secrets(case_dir: WriteCase, tool: str, file: str) -> None:
    """Each tool refuses them, in words a model can act on, and gives none of what they hold."""
    reading = Reading.of(secrets_in(case_dir))
    said, failed = run_tool(ToolCall("1", tool, f'{{"file": "{file}", "first": 1, "pattern": "."}}'), reading)
    reading.close()
    assert failed
    assert "keys or passwords, which are never read" in said
    assert "4711" not in said
    assert "MII" not in said


def test_secrets_are_listed_as_refused(case_dir: WriteCase) -> None:
    """A listing shows that they are there, and that they are not read; what is read keeps its size."""
    reading = Reading.of(secrets_in(case_dir))
    said, failed = run_tool(ToolCall("1", "list_files", "{}"), reading)
    reading.close()
    assert not failed
    for name in (".env", "backup/id_rsa", "server.pem"):
        assert f"{name}  (secrets: not read)" in said
    assert f"{len(CERTIFICATE):>12,}  server.crt" in said


def test_a_log_that_is_a_file_of_secrets_is_refused(case_dir: WriteCase) -> None:
    """By name the incident itself is refused, by content when its log is opened; both say why."""
    incident = secrets_in(case_dir)
    with pytest.raises(IncidentError, match="keys or passwords, which are never read; name the service's log"):
        check_incident(Incident(incident.working_dir, ".env", "s"))
    with pytest.raises(WorkspaceError, match="keys or passwords"):
        Reading.of(check_incident(Incident(incident.working_dir, "notes", "s")))


@pytest.mark.parametrize("file", [".env", "notes", "notes.gz", "server.pem"])
def test_a_report_that_is_passed_on_opens_no_secrets(case_dir: WriteCase, file: str) -> None:
    """Whoever reads a stranger's report has no key shown in its excerpts."""
    incident = secrets_in(case_dir)
    with pytest.raises(LogError, match="keys or passwords"):
        open_file(str(incident.working_dir), file)
    open_file(str(incident.working_dir), "server.crt").close()
