"""Log lines with secrets in them, and log lines without: made up by a seed, in many formats and wordings.

`leaking` gives lines with secrets, `clean` lines with none. Each has three wordings: the rules were written beside the
`first` and mended by the `second`. The `third` came afterwards, with other names and formats: at first sight of it
99.3 % of its secrets were found, with false alarms on one of its 23 kinds of clean lines; then its misses were mended.
"""
# ruff: noqa: E501, S608  one sample stands on one line, as it does in a log; SQL in a log is no query

from __future__ import annotations

import base64
import json
import random
import string
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Wording = Literal["first", "second", "third"]

ALNUM = string.ascii_letters + string.digits
UPPER = string.ascii_uppercase + string.digits
LOWER = string.ascii_lowercase + string.digits
HEX = "0123456789abcdef"
URL_SAFE = ALNUM + "-_"
WORDS = [
    "amber",
    "basil",
    "cedar",
    "delta",
    "ember",
    "fjord",
    "grove",
    "heron",
    "iris",
    "jade",
    "kiosk",
    "lemon",
    "maple",
    "nectar",
    "opal",
    "pearl",
    "quartz",
    "raven",
]


@dataclass(frozen=True)
class Leak:
    """Text of a log, the secrets in it as they stand there, and their kind."""

    text: str
    secrets: tuple[str, ...]
    kind: str


class Maker:
    """Makes up secrets and what stands around them."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def of(self, letters: str, count: int) -> str:
        """Give some letters; those of a machine, so that digits are among them where there are any."""
        while True:
            made = "".join(self.random.choices(letters, k=count))
            if count < 8 or not set(letters) & set(string.digits) or set(made) & set(string.digits):
                return made

    def one(self, *choices: str) -> str:
        """Give one of several."""
        return self.random.choice(choices)

    def time(self) -> str:
        """Give a time."""
        pick = self.random.randint
        return f"2026-{pick(1, 12):02}-{pick(1, 28):02}T{pick(0, 23):02}:{pick(0, 59):02}:{pick(0, 59):02}.{pick(0, 999):03}Z"

    def uuid(self) -> str:
        """Give a UUID."""
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def password(self) -> str:
        """Give a password as people and programs make them."""
        word = self.one(*WORDS)
        return self.random.choice(
            [
                lambda: f"{word.title()}{self.random.randint(10, 9999)}{self.one('!', '#', '$', '@', '_', '%')}",
                lambda: self.of(ALNUM, self.random.randint(10, 24)),
                lambda: self.of(ALNUM + "!#$%^*_-+", self.random.randint(12, 20)).strip("-+") + "7",
                lambda: f"{word}-{self.one(*WORDS)}-{self.one(*WORDS)}-{self.random.randint(1, 99)}",
                lambda: word + self.one(*WORDS),
                lambda: f"p@{word}{self.random.randint(1, 99)}",
            ]
        )()

    def card(self) -> str:
        """Give a card number that adds up."""
        prefix, length = self.random.choice([("4", 16), ("51", 16), ("55", 16), ("37", 15), ("6011", 16), ("2223", 16)])
        body = prefix + self.of(string.digits, length - len(prefix) - 1)
        total = sum(sum(divmod(int(d) * (2 - n % 2), 10)) for n, d in enumerate(reversed(body)))
        digits = body + str(-total % 10)
        if length == 16 and self.random.random() < 0.4:
            mark = self.one(" ", "-")
            return mark.join(digits[n : n + 4] for n in range(0, 16, 4))
        return digits

    def iban(self) -> str:
        """Give an IBAN that adds up."""
        country, body = self.random.choice(
            [
                ("DE", self.of(string.digits, 18)),
                ("GB", "WEST" + self.of(string.digits, 14)),
                ("FR", self.of(string.digits, 23)),
                ("NL", "ABNA" + self.of(string.digits, 10)),
                ("ES", self.of(string.digits, 20)),
            ]
        )
        check = 98 - int("".join(str(int(c, 36)) for c in body + country + "00")) % 97
        iban = f"{country}{check:02}{body}"
        return " ".join(iban[n : n + 4] for n in range(0, len(iban), 4)) if self.random.random() < 0.5 else iban

    def email(self) -> str:
        """Give an address of a mailbox."""
        name = f"{self.one(*WORDS)}.{self.one(*WORDS)}" + self.one("", "", "+news", str(self.random.randint(1, 99)))
        return (
            f"{name}@{self.one('example.com', 'mail.example.org', 'corp.example.co.uk', 'gmail.com', 'shop.example')}"
        )

    def jwt(self) -> str:
        """Give a JSON web token."""
        parts = [
            {"alg": self.one("HS256", "RS256"), "typ": "JWT"},
            {"sub": self.of(string.digits, 9), "iat": 1_700_000_000},
        ]
        coded = [base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in parts]
        return ".".join([*coded, self.of(URL_SAFE, 43)])

    def key_body(self, lines: int) -> list[str]:
        """Give the lines between the marks of a private key."""
        whole = ["MIIEpAIBAAKC" + self.of(ALNUM + "+/", 52), *(self.of(ALNUM + "+/", 64) for _ in range(lines))]
        return [*whole, self.of(ALNUM + "+/", self.random.randint(6, 60)) + "=="]


def tokens(make: Maker) -> dict[str, Callable[[], str]]:
    """Give the makers of what is its own proof, wherever it stands."""
    of = make.of
    return {
        "aws-key": lambda: make.one("AKIA", "ASIA") + of(UPPER, 16),
        "gcp-key": lambda: "AIza" + of(URL_SAFE, 35),
        "gcp-oauth": lambda: "ya29." + of(URL_SAFE, 80),
        "gcp-secret": lambda: "GOCSPX-" + of(URL_SAFE, 28),
        "azure-secret": lambda: of(ALNUM, 3) + "8Q~" + of(ALNUM + "_-", 34),
        "github-token": lambda: make.one("ghp_", "gho_", "ghs_", "ghr_") + of(ALNUM, 36),
        "github-fine-token": lambda: f"github_pat_{of(ALNUM, 22)}_{of(ALNUM, 59)}",
        "gitlab-token": lambda: "glpat-" + of(URL_SAFE, 20),
        "slack-token": lambda: (
            f"{make.one('xoxb', 'xoxp')}-{of(string.digits, 12)}-{of(string.digits, 12)}-{of(ALNUM, 24)}"
        ),
        "slack-webhook": lambda: f"T{of(UPPER, 8)}/B{of(UPPER, 10)}/{of(ALNUM, 24)}",
        "stripe-key": lambda: make.one("sk_live_", "rk_live_", "sk_test_") + of(ALNUM, make.random.choice([24, 99])),
        "stripe-webhook": lambda: "whsec_" + of(ALNUM, 32),
        "openai-key": lambda: make.one("sk-proj-", "sk-", "sk-svcacct-") + of(ALNUM, 48),
        "anthropic-key": lambda: f"sk-ant-api03-{of(URL_SAFE, 93)}AA",
        "twilio-key": lambda: "SK" + of(HEX, 32),
        "sendgrid-key": lambda: f"SG.{of(URL_SAFE, 22)}.{of(URL_SAFE, 43)}",
        "npm-token": lambda: "npm_" + of(ALNUM, 36),
        "pypi-token": lambda: "pypi-AgEIcHlwaS5vcmc" + of(URL_SAFE, 120),
        "jwt": make.jwt,
        "vault-token": lambda: "hvs." + of(URL_SAFE, 90),
        "terraform-token": lambda: f"{of(ALNUM, 14)}.atlasv1.{of(URL_SAFE, 67)}",
        "databricks-token": lambda: "dapi" + of(HEX, 32),
        "digitalocean-token": lambda: "dop_v1_" + of(HEX, 64),
        "doppler-token": lambda: "dp.pt." + of(ALNUM, 43),
        "docker-token": lambda: "dckr_pat_" + of(URL_SAFE, 27),
        "huggingface-token": lambda: "hf_" + of(string.ascii_letters, 34),
        "new-relic-key": lambda: "NRAK-" + of(UPPER, 27),
        "grafana-token": lambda: f"glsa_{of(ALNUM, 32)}_{of(HEX, 8)}",
        "shopify-token": lambda: "shpat_" + of(HEX, 32),
        "mailgun-key": lambda: "key-" + of(HEX, 32),
        "mailchimp-key": lambda: of(HEX, 32) + "-us" + of("123456789", 1),
        "telegram-token": lambda: f"{of('123456789', 9)}:AA{of(URL_SAFE, 33)}",
        "postman-key": lambda: f"PMAK-{of(HEX, 24)}-{of(HEX, 34)}",
        "linear-key": lambda: "lin_api_" + of(ALNUM, 40),
        "rubygems-token": lambda: "rubygems_" + of(HEX, 48),
        "password-hash": lambda: make.one(
            "$2b$12$" + of("./" + ALNUM, 53), f"$6${of(ALNUM, 8)}$" + of("./" + ALNUM, 86)
        ),
        "email": make.email,
        "iban": make.iban,
        "card-number": make.card,
    }


FIELDS: dict[Wording, dict[str, tuple[str, ...]]] = {
    "first": {
        "password": (
            "password",
            "DB_PASSWORD",
            "passwd",
            "spring.datasource.password",
            "dbPassword",
            "user_password",
            "pwd",
        ),
        "secret": ("client_secret", "SECRET_KEY", "jwt_secret", "clientSecret", "app.secret", "AWS_SECRET_ACCESS_KEY"),
        "token": ("access_token", "refresh_token", "authToken", "API_TOKEN", "session_token", "github_token"),
        "api-key": ("api_key", "apiKey", "X_API_KEY", "encryption_key", "STRIPE_API_KEY", "signing-key", "access_key"),
    },
    "third": {
        "password": (
            "rootPassword",
            "vault_password",
            "mail.smtp.password",
            "TRUSTSTORE_PASSWORD",
            "userPass",
            "passcode",
        ),
        "secret": ("slack_signing_secret", "APP_CLIENT_SECRET", "sharedSecret", "azure.client-secret", "SECRET_TOKEN"),
        "token": ("bearer_token", "CI_JOB_TOKEN", "personalToken", "device-token", "invite_token", "oauthToken"),
        "api-key": (
            "service_key",
            "ROLLBAR_KEY",
            "authKey",
            "ocp-apim-subscription-key",
            "algolia.api.key",
            "webhook_key",
        ),
    },
    "second": {
        "password": (
            "smtp_pass",
            "ADMIN_PASSWD",
            "redisPassword",
            "keystore-password",
            "ldap.bind.password",
            "passphrase",
        ),
        "secret": (
            "oauth2_client_secret",
            "COOKIE_SECRET",
            "webhookSecret",
            "consumer-secret",
            "hmac_secret",
            "s3SecretKey",
        ),
        "token": ("csrf_token", "NPM_TOKEN", "idToken", "gitlab-token", "deploy_token", "X-Auth-Token", "botToken"),
        "api-key": ("maps_api_key", "MASTER_KEY", "licenseKey", "subscription-key", "datadog.api.key", "privateKey"),
    },
}


def values(make: Maker) -> dict[str, Callable[[], str]]:
    """Give the makers of what only the name of its field tells."""
    return {
        "password": make.password,
        "secret": lambda: make.of(ALNUM, make.random.choice([24, 32, 40, 64])),
        "token": make.random.choice(
            [lambda: make.of(ALNUM, 40), lambda: make.of(HEX, 40), lambda: make.of(URL_SAFE, 32)]
        ),
        "api-key": make.random.choice(
            [lambda: make.of(ALNUM, 32), lambda: make.of(HEX, 32), lambda: make.uuid().replace("-", "")]
        ),
    }


def around_token(make: Maker, secret: str, wording: Wording) -> str:
    """Put what is its own proof in a line."""
    t, rid, n = make.time(), make.uuid(), make.random.randint(1, 99_999)
    known = [
        lambda: f"{t} INFO [worker-3] calling upstream with {secret} (attempt {n})",
        lambda: json.dumps(
            {"ts": t, "level": "error", "msg": "request failed", "credential": secret, "request_id": rid}
        ),
        lambda: f'time={t} level=warn msg="retrying" cred={secret} attempt={n}',
        lambda: f'10.0.3.{n % 250} - - [{t}] "GET /v1/items?id={n}&k={quote(secret, safe="")} HTTP/1.1" 200 {n}',
        lambda: f"  File \"/srv/app/client.py\", line {n}, in send\n    headers = {{'X-Cred': '{secret}'}}",
        lambda: f"MY_THING={secret}",
        lambda: f"  credential: {secret}",
        lambda: json.dumps({"ts": t, "raw": json.dumps({"cred": secret, "n": n})}),
        lambda: f"\x1b[31mERROR\x1b[0m bad value '{secret}', giving up",
        lambda: f"java.lang.IllegalStateException: no account for {secret}\n\tat com.shop.Pay.run(Pay.java:{n})",
    ]
    unseen = [
        lambda: f"Nov 12 08:42:{n % 60:02} web01 app[{n}]: login using <{secret}> refused",
        lambda: (
            f"{t} | DEBUG | http.client | send: b'GET / HTTP/1.1\\r\\nX-Thing: {secret}\\r\\nHost: a.example\\r\\n'"
        ),
        lambda: f'W1128 08:42:00.000000 {n} sync.go:{n}] conf{{Cred:"{secret}" Retries:3}}',
        lambda: f"{t} body=%7B%22x%22%3A%22{quote(secret, safe='')}%22%7D",
        lambda: f"panic: unexpected: {secret}\n\ngoroutine 1 [running]:",
        lambda: f"+ export THING={secret}",
        lambda: f'<arg name="x">{secret}</arg>',
        lambda: f"{t} args=['--x', '{secret}', '-v'] pid={n}",
        lambda: f"{t},{n},{secret},ok",
        lambda: json.dumps({"a": json.dumps({"b": json.dumps({"c": secret})})}),
    ]
    later = [
        lambda: f"[{t}] [pid {n}] #{n} stderr: auth rejected for {secret}; see docs",
        lambda: f'{t} app.go:{n} {{"m":"sent","p":{{"h":{{"x-thing":["{secret}"]}}}}}}',
        lambda: f'--- FAIL: TestPay ({n % 9}.00s)\n    pay_test.go:{n}: got "{secret}", want "x"',
        lambda: f"{t}\tERROR\tgateway\tkid={rid}\tpresented={secret}\tremote=198.51.100.{n % 250}",
        lambda: (
            f'2026/11/12 08:42:00 [error] {n}#0: *{n} upstream, request: "GET /cb?state={n}&x={quote(secret, safe="")} HTTP/2.0", host: "a.example"'
        ),
        lambda: f"Traceback (most recent call last):\nValueError: cannot parse {secret!r}",
        lambda: f'msg="payload={{\\"v\\":\\"{secret}\\"}}" lvl=debug',
        lambda: f"data:\n  thing: |\n    {secret}\nkind: ConfigMap",
        lambda: f"docker run -e THING={secret} -p 80:80 shop:{n}",
        lambda: f"({secret})",
    ]
    return make.random.choice({"first": known, "second": unseen, "third": later}[wording])()


def around_value(make: Maker, key: str, secret: str, wording: Wording) -> str:
    """Put what only the name of its field tells in a line."""
    t, rid, n = make.time(), make.uuid(), make.random.randint(1, 99_999)
    known = [
        lambda: json.dumps({"ts": t, "level": "info", "config": {"host": "db1", key: secret, "port": n}}),
        lambda: f"time={t} level=debug msg=start {key}={secret} retries=3",
        lambda: f'time={t} level=debug {key}="{secret}" retries=3',
        lambda: f"{key.upper().replace('.', '_').replace('-', '_')}={secret}",
        lambda: f"  {key}: {secret}",
        lambda: f'  {key}: "{secret}"',
        lambda: json.dumps({"ts": t, "raw": json.dumps({key: secret, "n": n})}),
        lambda: (
            f'10.1.1.{n % 250} - - [{t}] "POST /login?user=bob&{key}={quote(secret, safe="")}&n={n} HTTP/1.1" 401 12'
        ),
        lambda: f"connect(host='db1', {key}='{secret}', timeout=30)",
        lambda: f"{t} DEBUG Settings(host=db1, {key}={secret}, port={n})",
        lambda: f"{t} form: user%3Dbob%26{key}%3D{quote(quote(secret, safe=''), safe='')}%26n%3D{n}",
    ]
    unseen = [
        lambda: f"{t} INFO [main] o.s.b.Env : {key} -> loaded; {key} = {secret}",
        lambda: f'{{:host=>"db1", :{key}=>"{secret}"}}',
        lambda: f"export {key.upper().replace('.', '_').replace('-', '_')}='{secret}'",
        lambda: f"- {key}: '{secret}'  # rotated {t[:10]}",
        lambda: f"{t} kv: [{key}:{secret} user:bob] id={rid}",
        lambda: json.dumps({"a": json.dumps({"b": json.dumps({key: secret})})}),
        lambda: f"<{key.replace('.', '_')}>{secret}</{key.replace('.', '_')}>",
        lambda: f'level=info event="env" name={key} value={secret}',
        lambda: f"{t} body=%7B%22user%22%3A%22bob%22%2C%22{key}%22%3A%22{quote(secret, safe='')}%22%7D",
        lambda: f"Server=db1;Database=shop;{key}={secret};Timeout=30",
        lambda: f"{t} WARN dump: {key}:'{secret}', host:'db1'",
    ]
    upper = key.upper().replace(".", "_").replace("-", "_")
    later = [
        lambda: f"{t} TRACE c.s.Conf - property '{key}' = '{secret}' (from application.yml:{n})",
        lambda: f'config dump: "{key}" => "{secret}", "host" => "db1"',
        lambda: f"docker run -e {upper}={secret} -p 80:80 shop:{n}",
        lambda: f"  - {key}={secret}",
        lambda: f"{t} {{'{key}': '{secret}', 'retries': 3}}",
        lambda: f'<property name="{key}" value="{secret}"/>',
        lambda: f"Config {{ host: db1, {key}: {secret}, port: {n} }}",
        lambda: f'{t} req="POST /hook" query="a=1&{key}={quote(secret, safe="")}" status=500',
        lambda: json.dumps({"env": [{"name": upper, "value": secret}, {"name": "HOST", "value": "db1"}]}),
        lambda: f'    {upper}: "{secret}"\n    HOST: db1',
        lambda: f'msg="payload={{\\"{key}\\":\\"{secret}\\",\\"n\\":{n}}}" lvl=debug',
        lambda: f'resource "x" "y" {{ {key} = "{secret}" }}',
    ]
    return make.random.choice({"first": known, "second": unseen, "third": later}[wording])()


def _with_a_place_of_its_own(make: Maker, wording: Wording) -> Leak:
    """Give a secret that a whole form around it tells: an address, a header, a command, a key over many lines."""
    t, n, word = make.time(), make.random.randint(1, 99_999), make.of(ALNUM, 20)
    host = make.one("db1.shop.internal", "10.2.3.4:5432", "cache.example.com")
    password = make.password().replace("@", "_")
    basic = base64.b64encode(f"bob:{make.of(ALNUM, 14)}".encode()).decode()
    body = make.key_body(make.random.randint(3, 24))
    hex64 = make.of(HEX, 64)
    known = [
        lambda: Leak(
            f"{t} connecting to postgres://app:{quote(password)}@{host}/shop", (quote(password),), "url-password"
        ),
        lambda: Leak(f"remote: https://bob:{word}@git.example.com/shop.git", (word,), "basic-auth-url"),
        lambda: Leak(f"{t} > Authorization: Bearer {word}{word}", (word + word,), "authorization"),
        lambda: Leak(json.dumps({"headers": {"Authorization": f"Basic {basic}"}}), (basic,), "authorization"),
        lambda: Leak(f"{t} Cookie: sid={word}; theme=dark", (word,), "cookie"),
        lambda: Leak(f"Set-Cookie: session={word}{word}; Path=/; HttpOnly", (word + word,), "cookie"),
        lambda: Leak(f"+ mytool login --user bob --password {password} --yes", (password,), "password-flag"),
        lambda: Leak(
            f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={word * 4}ABCDEF==;EndpointSuffix=x",
            (word * 4,),
            "azure-key",
        ),
        lambda: Leak(
            f"Server=tcp:{host};Database=shop;User Id=sa;Password={password};Encrypt=true",
            (password,),
            "connection-string",
        ),
        lambda: Leak(f"GET https://s3.example.com/b/k?X-Amz-Date=x&X-Amz-Signature={hex64}", (hex64,), "signed-url"),
        lambda: Leak(
            "\n".join(["-----BEGIN RSA PRIVATE KEY-----", *body, "-----END RSA PRIVATE KEY-----"]),
            tuple(body),
            "private-key",
        ),
        lambda: Leak(
            json.dumps({"key": "\n".join(["-----BEGIN PRIVATE KEY-----", *body, "-----END PRIVATE KEY-----"])}),
            tuple(body),
            "private-key",
        ),
    ]
    unseen = [
        lambda: Leak(
            f"{t} broker amqp://svc:{quote(password)}@{host}//prod unreachable", (quote(password),), "url-password"
        ),
        lambda: Leak(
            json.dumps({"dsn": f"redis://:{quote(password)}@{host}/0", "n": n}), (quote(password),), "url-password"
        ),
        lambda: Leak(
            f"* Server auth using Basic with user 'bob'\n> authorization: Basic {basic}", (basic,), "authorization"
        ),
        lambda: Leak(
            f"curl -sS -H 'Authorization: token {word}{word}' https://api.example.com", (word + word,), "authorization"
        ),
        lambda: Leak(
            f"[('host', 'a.example'), ('authorization', 'Bearer {word}{word}')]", (word + word,), "authorization"
        ),
        lambda: Leak(json.dumps({"req": {"headers": {"cookie": f"a=1; JSESSIONID={word}"}}}), (word,), "cookie"),
        lambda: Leak(f"$ sshpass -p {password} ssh bob@{host}", (password,), "password-flag"),
        lambda: Leak(
            f"jdbc:mysql://{host}/shop?user=app&password={quote(password)}&useSSL=true",
            (quote(password),),
            "connection-string",
        ),
        lambda: Leak(
            f"https://a.blob.core.windows.net/c/b?sv=2024-01-01&sr=b&sig={word}{word}abc%3D",
            (word + word,),
            "azure-sas",
        ),
        lambda: Leak(f"CREATE USER app IDENTIFIED BY '{word}'", (word,), "sql-password"),
        lambda: Leak(
            "\n".join(
                [
                    f"{t} app | -----BEGIN EC PRIVATE KEY-----",
                    *(f"{t} app | {line}" for line in body),
                    f"{t} app | -----END EC PRIVATE KEY-----",
                ]
            ),
            tuple(body),
            "private-key",
        ),
        lambda: Leak(
            f'{t} cert_key="-----BEGIN OPENSSH PRIVATE KEY-----\\n'
            + "\\n".join(body)
            + '\\n-----END OPENSSH PRIVATE KEY-----\\n" n=1',
            tuple(body),
            "private-key",
        ),
    ]
    later = [
        lambda: Leak(
            f"sqlalchemy.exc.OperationalError: (mysql+pymysql://shop:{quote(password)}@{host}/shop)",
            (quote(password),),
            "url-password",
        ),
        lambda: Leak(f"npm http fetch GET https://ci:{word}@npm.example.com/x 401 {n}ms", (word,), "basic-auth-url"),
        lambda: Leak(
            f"cb=mongodb%2Bsrv%3A%2F%2Fapp%3A{quote(password, safe='')}%40{host.partition(':')[0]}%2Fx",
            (quote(password, safe=""),),
            "url-password",
        ),
        lambda: Leak(f"{t} proxy: Proxy-Authorization: Basic {basic}", (basic,), "authorization"),
        lambda: Leak(f'{{\\"Authorization\\":\\"Bearer {word}{word}\\"}}', (word + word,), "authorization"),
        lambda: Leak(f"< set-cookie: __Host-session={word}{word}; Secure; SameSite=Lax", (word + word,), "cookie"),
        lambda: Leak(f"headers: {{ 'x-api-key': '{word}', accept: '*/*' }}", (word,), "api-key-header"),
        lambda: Leak(f"exec: redis-cli -h {host} -a {word} ping", (word,), "password-flag"),
        lambda: Leak(f"Driver={{PostgreSQL}};Server=db1;Uid=app;Pwd={password};", (password,), "connection-string"),
        lambda: Leak(f"ERROR 1064 near 'ALTER USER app WITH PASSWORD '{word}''", (word,), "sql-password"),
        lambda: Leak(f"{t} [{n}] the temporary password is {word} for bob", (word,), "password-said"),
        lambda: Leak(
            "\n".join(
                [
                    f"{t} -----BEGIN PRIVATE KEY-----",
                    *[f"{t} {line}" for line in body],
                    f"{t} -----END PRIVATE KEY-----",
                    "done",
                ]
            ),
            tuple(body),
            "private-key",
        ),
        lambda: Leak(
            "tls.key: |\n"
            + "\n".join(
                "    " + line for line in ["-----BEGIN RSA PRIVATE KEY-----", *body, "-----END RSA PRIVATE KEY-----"]
            ),
            tuple(body),
            "private-key",
        ),
    ]
    return make.random.choice({"first": known, "second": unseen, "third": later}[wording])()


def leaking(count: int, *, wording: Wording, seed: int) -> Iterator[Leak]:
    """Give log text with secrets, of all kinds in turn."""
    make = Maker(seed)
    alone, named = tokens(make), values(make)
    kinds = [*alone, *named, *named, *["form"] * 10]
    for place in range(count):
        kind = kinds[place % len(kinds)]
        if kind == "form":
            yield _with_a_place_of_its_own(make, wording)
        elif kind in named:
            secret = named[kind]()
            yield Leak(around_value(make, make.one(*FIELDS[wording][kind]), secret, wording), (secret,), kind)
        elif kind == "slack-webhook":
            secret = alone[kind]()
            yield Leak(around_token(make, f"https://hooks.slack.com/services/{secret}", wording), (secret,), kind)
        else:
            secret = alone[kind]()
            yield Leak(around_token(make, secret, wording), (secret,), kind)


def leaks_in(text: str, leak: Leak) -> bool:
    """Tell whether a secret, or most of it, still stands in a text, escaped and encoded as lines have it."""
    for secret in leak.secrets:
        forms = {secret, quote(secret, safe=""), json.dumps(secret)[1:-1], quote(quote(secret, safe=""), safe="")}
        cut = max(6, len(secret) * 2 // 3)
        forms |= {secret[:cut], secret[-cut:]} if len(secret) >= 9 else set()
        if any(form in text for form in forms):
            return True
    return False


def clean(count: int, *, wording: Wording, seed: int) -> Iterator[str]:
    """Give log lines without a secret, full of what looks like one."""
    make = Maker(seed)
    of, one, pick = make.of, make.one, make.random.randint
    image = lambda: base64.b64encode(make.random.randbytes(pick(60, 400))).decode()  # noqa: E731 - one line each
    known: list[Callable[[], str]] = [
        lambda: (
            f"{make.time()} INFO request_id={make.uuid()} trace_id={of(HEX, 32)} span_id={of(HEX, 16)} took {pick(1, 900)} ms"
        ),
        lambda: f"{make.time()} INFO deploy commit {of(HEX, 40)} by ci, image sha256:{of(HEX, 64)}",
        lambda: f"{make.time()} container {of(HEX, 64)} exited with {pick(0, 255)}",
        lambda: (
            f'10.0.0.{pick(1, 254)} - - [{make.time()}] "GET /static/app.{of(HEX, 8)}.js HTTP/1.1" 304 0 etag="{of(HEX, 32)}"'
        ),
        lambda: json.dumps(
            {"ts": make.time(), "level": "warn", "msg": "slow query", "query_id": make.uuid(), "rows": pick(1, 99999)}
        ),
        lambda: f"img src=data:image/png;base64,{image()}",
        lambda: f"{make.time()} DEBUG cache_key=user:{pick(1, 9999)}:profile partition_key={of(HEX, 16)} ttl=300",
        lambda: f"{make.time()} WARN password is required for user bob",
        lambda: f'{make.time()} ERROR FATAL: password authentication failed for user "{one(*WORDS)}"',
        lambda: f"Access denied for user '{one(*WORDS)}'@'10.0.0.{pick(1, 254)}' (using password: YES)",
        lambda: f"{make.time()} INFO token expired for session {make.uuid()}, refreshing token",
        lambda: 'level=info msg="loaded config" password=*** api_key=[REDACTED] token=<hidden> secret=null',
        lambda: f"next_page_token={of(ALNUM, 24)} max_tokens={pick(1, 9999)} token_count={pick(1, 9999)}",
        lambda: f"\tat com.shop.auth.TokenService.refresh(TokenService.java:{pick(1, 999)})",
        lambda: f"{make.time()} pod/api-{of(LOWER, 10)}-{of(LOWER, 5)} Back-off restarting failed container",
        lambda: f"version=1.{pick(0, 99)}.{pick(0, 99)}-rc.{pick(1, 9)}+build.{of(HEX, 7)} go1.22.{pick(0, 9)}",
        lambda: (
            f"offset={of(string.digits, 16)} ts={pick(1_600_000_000_000, 1_799_999_999_999)} bytes={pick(1, 10**12)}"
        ),
        lambda: f"INSERT INTO events (id, hash) VALUES ({pick(1, 10**9)}, '{of(HEX, 40)}')",
        lambda: f'{make.time()} secretName: {one(*WORDS)}-tls, secret "{one(*WORDS)}-db" not found in namespace prod',
        lambda: f"ssh-ed25519 fingerprint SHA256:{of(ALNUM + '+/', 43)} accepted for deploy",
        lambda: f"git clone git@github.com:{one(*WORDS)}/{one(*WORDS)}.git into /srv/{one(*WORDS)}",
        lambda: (
            f"{make.time()} kafka partition orders-{pick(0, 48)} leader epoch {pick(1, 99)} isr [1,2,3] key={pick(1, 10**6)}"
        ),
        lambda: f"x-request-id: {make.uuid()} x-amz-request-id: {of(UPPER, 16)} x-amz-id-2: {of(ALNUM + '+/', 76)}=",
    ]
    unseen: list[Callable[[], str]] = [
        lambda: (
            f"Nov 12 08:{pick(10, 59)}:00 web01 sshd[{pick(1, 9999)}]: Failed password for invalid user {one(*WORDS)} from 203.0.113.{pick(1, 254)} port {pick(1024, 65535)} ssh2"
        ),
        lambda: f'[{make.time()}] production.ERROR: Undefined array key "{one(*WORDS)}" {{"userId":{pick(1, 9999)}}}',
        lambda: json.dumps(
            {"traceparent": f"00-{of(HEX, 32)}-{of(HEX, 16)}-01", "severity": "INFO", "message": "GET /healthz"}
        ),
        lambda: f"docker: Digest: sha256:{of(HEX, 64)} Status: Image is up to date for nginx@sha256:{of(HEX, 64)}",
        lambda: f"{make.time()} [warn] idempotency_key={make.uuid()} already processed; correlation-id={of(HEX, 24)}",
        lambda: (
            f'W1128 08:42:00 {pick(1, 9999)} reflector.go:{pick(1, 999)}] failed to list *v1.Secret: secrets is forbidden: User "system:serviceaccount:{one(*WORDS)}:default" cannot list'
        ),
        lambda: f"SyntaxError: Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON at position {pick(0, 99)}",
        lambda: f'{make.time()} nginx: upstream timed out, ETag: W/"{of(HEX, 8)}-{of(HEX, 11)}" Last-Modified: x',
        lambda: f"npm WARN lodash@4.17.{pick(1, 30)} integrity sha512-{of(ALNUM + '+/', 86)}==",
        lambda: f"systemd[1]: Started getty@tty{pick(1, 9)}.service; user@{pick(1000, 2000)}.service: Succeeded.",
        lambda: f"X.509 certificate serial {of('0123456789ABCDEF', 32)} issuer CN=ca expires in {pick(1, 90)} days",
        lambda: f"{make.time()} ERROR JWT expired at {make.time()}; bearer token rejected: invalid signature",
        lambda: (
            f"Foreign key constraint fails (`shop`.`orders`, CONSTRAINT `fk_{one(*WORDS)}` FOREIGN KEY (`user_id`))"
        ),
        lambda: f"core dump: 0x{of(HEX, 16)} rip=0x{of(HEX, 12)} build-id={of(HEX, 40)}",
        lambda: f"{make.time()} session_id={make.uuid()} opened; csrf token missing; auth=ldap user={one(*WORDS)}",
        lambda: f"s3://bucket/{one(*WORDS)}/{of(HEX, 32)}/part-{pick(0, 99999):05}.parquet VersionId={of(ALNUM, 32)}",
        lambda: f"PWD=/srv/{one(*WORDS)} SHELL=/bin/bash SSH_AUTH_SOCK=/tmp/ssh-{of(ALNUM, 12)}/agent.{pick(1, 9999)}",
        lambda: (
            f"api_key_id={of(HEX, 8)} key_name={one(*WORDS)} secret_version={pick(1, 99)} token_type=Bearer expires_in=3600"
        ),
        lambda: f"{make.time()} mongod: {{ _id: ObjectId('{of(HEX, 24)}'), op: 'insert', ns: 'shop.{one(*WORDS)}' }}",
        lambda: (
            f"image: registry.example.com/{one(*WORDS)}/api:{of(HEX, 12)} pullPolicy: IfNotPresent secretKeyRef: {{name: {one(*WORDS)}-db, key: password}}"
        ),
        lambda: f"uuid {make.uuid()} md5 {of(HEX, 32)} sha1 {of(HEX, 40)} xxh64 {of(HEX, 16)} b64 {image()}",
        lambda: (
            f"{make.time()} ratelimit: 429 for 198.51.100.{pick(1, 254)}, retry-after={pick(1, 60)}s, bucket=login:{of(HEX, 10)}"
        ),
        lambda: (
            f"elasticsearch: [{one(*WORDS)}-{pick(1, 9)}] index [logs-2026.11.{pick(1, 28)}] shard {of(URL_SAFE, 22)} unassigned"
        ),
    ]
    later: list[Callable[[], str]] = [
        lambda: (
            f"{make.time()} WARN  [auth] login failed: wrong password (attempt {pick(1, 5)} of 5) uid={make.uuid()}"
        ),
        lambda: f"terraform: module.vpc.aws_kms_key.main: Refreshing state... [id={make.uuid()}]",
        lambda: (
            f"arn:aws:secretsmanager:eu-west-1:{of(string.digits, 12)}:secret:prod/db-{of(ALNUM, 6)} AccessDeniedException"
        ),
        lambda: f"{make.time()} grpc-status: UNAUTHENTICATED desc = token is expired by {pick(1, 59)}m{pick(1, 59)}s",
        lambda: (
            f"Uncaught Error: Secret must be provided; set SECRET_KEY in your environment (see config/{one(*WORDS)}.yml)"
        ),
        lambda: f"Duplicate entry '{of(HEX, 32)}' for key 'users.api_key_hash'",
        lambda: f"git: HEAD is now at {of(HEX, 9)} Rotate the database password every {pick(10, 90)} days",
        lambda: (
            f"{make.time()} etcd: raft term={pick(1, 99)} index={pick(1, 10**9)} member={of(HEX, 16)} lease={of(HEX, 16)}"
        ),
        lambda: f"cosign: Verified OK, digest sha256:{of(HEX, 64)}, tlog entry {pick(1, 10**9)}",
        lambda: (
            f"{make.time()} lexer: unexpected token: '{one(';', 'IDENT', 'EOF')}' near line {pick(1, 999)}, key={one(*WORDS)}"
        ),
        lambda: (
            f'{{"level":"info","password_changed":true,"has_token":false,"key":"{one(*WORDS)}.{one(*WORDS)}","secret":null,"auth":"oidc"}}'
        ),
        lambda: f"redis: MOVED {pick(1, 16383)} 10.0.0.{pick(1, 254)}:6379; cluster node {of(HEX, 40)}",
        lambda: (
            f"windows: SID S-1-5-21-{of('123456789', 10)}-{of('123456789', 9)} LogonId 0x{of(HEX, 6)} Token Elevation Type: %%1936"
        ),
        lambda: (
            f"{make.time()} oauth: scope=read:user state={of(HEX, 8)} redirect_uri=https://a.example/cb error=access_denied"
        ),
        lambda: (
            f"aiven: service {one(*WORDS)}-{of(LOWER, 6)} node {pick(1, 3)} wal 0000000{pick(1, 9)}{of('0123456789ABCDEF', 16)} archived"
        ),
        lambda: (
            f"pip: Using cached wheel {one(*WORDS)}-{pick(1, 9)}.{pick(0, 9)}-py3-none-any.whl (hash sha256={of(HEX, 64)})"
        ),
        lambda: (
            f"{make.time()} rabbitmq: connection <0.{pick(1, 9999)}.0>, user 'app' authenticated, vhost '/' node rabbit@mq-{pick(0, 9)}"
        ),
        lambda: f"TLS: client offered cipher 0x{of(HEX, 4)}, session id {of(HEX, 64)}, ja3 {of(HEX, 32)}",
        lambda: (
            f'psql: error: connection to server at "db1" ({pick(1, 254)}.0.113.7), port 5432 failed: no password supplied'
        ),
        lambda: (
            f"{make.time()} invoice {pick(10**9, 10**10)} amount={pick(1, 9999)}.{pick(10, 99)} EUR ref=RF{pick(10, 99)}{of(string.digits, 10)}"
        ),
        lambda: "curl: (60) SSL certificate problem; user-agent=Mozilla/5.0 cookie jar empty, cookies: 0",
        lambda: (
            f"ERR_PNPM_FETCH_401 GET https://npm.example.com/@{one(*WORDS)}%2Fui: Unauthorized - 401, authorization header was: Bearer ***"
        ),
        lambda: f"kubelet: pulled image cache@sha256:{of(HEX, 64)} in {pick(1, 9)}s, imageID {of(HEX, 64)}",
    ]
    shapes = {"first": known, "second": unseen, "third": later}[wording]
    for place in range(count):
        yield shapes[place % len(shapes)]()
