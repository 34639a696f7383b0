"""What a field holds is a secret by its name and its look, and a word about a secret is none."""

from __future__ import annotations

import pytest

from logdebug.redaction.detector import Detector
from logdebug.redaction.rules import load_rules

SECRET = "x9Kd83mQpL2vRt7Zw4Yb"
UUID = "3f2b8c1e-9d4a-4f6b-8a7c-1e2d3c4b5a69"


@pytest.fixture(scope="module")
def detector() -> Detector:
    """Give the detector of the rules that ship."""
    return Detector(load_rules())


@pytest.mark.parametrize(
    "line",
    [
        "password=hunter22",
        "db_password=maple.timber.ember94",
        "passwd: d8e77421fb8133cf17b3(238fe6dd7a672",
        "ssh-keygen -t ed25519 -N '67db841d6a/31d9ccK' -f id_users",
        'config get requirepass\n1) "requirepass"\n2) "pixel_dragon_anchor4"',
        "consul keygen\n8BiBGd0WBO3t0FlMMTxeEaPXWjaagsYGoLWs8xVp4JS=",
        'msg="login" PASSWORD="two words"',
        "db.password: correct-horse-battery",
        "spring.datasource.password=changeme",
        f"api_key={SECRET}",
        f"token: {SECRET}",
        f"clientSecret='{SECRET}'",
        f"HEROKU_API_KEY={UUID}",
        "the password is Tr0ub4dor&3",
        "CREATE USER bob IDENTIFIED BY 'sesame'",
        "mysqldump -u root -pSesame1 shop",
        "<password>sesame1</password>",
        "Pwd=$ayZ_SN3mys2oV7;Encrypt=true",
        'array(1) { ["password"]=> string(7) "sesame1" }',
        "ACL SETUSER bob <Wint3rSun9x",
        "CREATE USER bob IDENTIFIED BY tiger ACCOUNT UNLOCK",
        "sms: Doğrulama kodunuz: 482913",
        f"credentials were turned over as {SECRET}",
        "password=shadow.quartz.ember",
        "enable password castle_eagle.tiger",
        "snmp-server community Umbra&Anchor RO",
        "the password is Winter*Glacier",
        "secret=h4rb0r-276",
        "neighbor 192.0.2.1 password changeme!",
        "<add key='auth' password='{xor}b3BhbC5GSk9SRA=='/>",
        "MFA: user bob entered 482913",
    ],
)
def test_a_secret_is_found_by_its_field(detector: Detector, line: str) -> None:
    """Each of these lines has one secret, whatever way the field is written in."""
    assert len(detector.spans(line.encode())) == 1


@pytest.mark.parametrize(
    "line",
    [
        "password=null",
        "password: ****",
        "password=${DB_PASSWORD}",
        "password: required",
        "password=com.example.auth.Provider",
        "password=sha256_hash(plain",
        "docker run -u 1000 -p 8080:80 shop",
        "password: must have 8 characters",
        "X-Api-Key: abcd████████",
        "X-Api-Key: len(40-of-them)",
        "flag --password deprecated since 2.1",
        "logged in with password passwd-4.13.2-r1",
        "checked with password scram-sha-512",
        f"credentials were turned over with the public key {SECRET}",
        "order 482913 is your latest",
        "using password: YES",
        "pwd=/srv/app",
        "secret=prod/shop/db",
        "secret: shop-db-credentials",
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-3qBBi2",
        "next_page_token=" + SECRET,
        "max_tokens=4096 token_type=Bearer",
        f"trace_id={SECRET} request_id={UUID}",
        "cache_key=user:17:profile primary_key=id",
        "unexpected token: IDENT",
        "Authorization: required",
        "pass: 120 fail: 0",
        "token expired for session " + UUID,
        "ERROR bearer authentication failed",
        "password=settings.database.main",
        "the password is node-exporter.service",
        "neighbor 192.0.2.1 password required",
        "secret=shop-db-tls-2",
        "code de retour 100342",
        "MFA: user bob is locked after 482913 ms",
        "password={template}",
    ],
)
def test_words_about_secrets_stay(detector: Detector, line: str) -> None:
    """None of these lines has a secret, however close its words come to one."""
    assert not detector.spans(line.encode())
