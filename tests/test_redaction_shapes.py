"""Secrets are found in the shapes that formats, tools and protocols give them, and their look-alikes stay."""

from __future__ import annotations

import pytest
from secret_samples import Maker
from secret_templates import Values

from logdebug.redaction.detector import detector_of
from logdebug.redaction.rules import load_rules

TOKENS = (
    *("AKID{alnum32}", "ABSK{alnum32}{alnum32}{alnum60}", "ucat_{alnum30}", "sha256~{alnum43}", "tk-us-{alnum48}"),
    *("napi_{lower43}{lower5}", "rnd_{alnum32}", "nfp_{alnum36}", "ddp_{alnum36}", "aio_{alnum28}", "4b1d{alnum38}"),
    *("sgp_{hex40}", "slk_{hex64}", "API-{upper27}", "ico-{alnum32}", "bkct_{hex40}", "pat-na1-{uuid}"),
    *("duffel_live_{alnum43}", "shippo_test_{hex40}", "live_{alnum30}", "sk-lf-{uuid}", "lsv2_pt_{hex32}_{hex10}"),
    *("pcsk_{alnum60}", "sk_{hex48}", "jina_{alnum60}", "tvly-{alnum32}", "fc-{hex32}", "e2b_{hex40}", "rpa_{alnum43}"),
    *("hbp_{alnum36}", "phx_{alnum43}", "hcaik_{alnum60}", "xapt-{uuid}", "apify_api_{alnum36}", "mlsn.{hex64}"),
    *("re_{alnum8}_{alnum24}", "syt_{lower5}_{alnum20}_{alnum6}", "xoxd-{alnum60}", "sl.{alnum160}", "nsec1{lower58}"),
    *("LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBL{alnum60}", "eyJ0eXBlIjo{alnum160}", "mfa.{alnum84}"),
)
SECRETS = r"""
INSERT INTO users (id, name, password) VALUES (1, 'bob', '«tr0ubadour»'), (2, 'al', '«zzTop99x»');
INSERT INTO `cfg` (`api_key`, `at`) VALUES ("«7W5qQAeGNvCr9sxtQTORy8HZ»", now())
password=`«s3cret-x»`
Password........: «tr0ubadour»
  password            = «tr0ubadour»
password -> «tr0ubadour»
password: Some("«eunter22»")
Key (api_key)=(«9f145fda9988c79fc35526f7eaed4672») already exists
GET /data/2.5/weather?q=x&appid=«9f145fda9988c79fc35526f7eaed4672»
GET /cb?code=«4/0AX4XfWh9dkeLs02KdlwJk3»&state=x
GET /reset-password/«h8Kd02mXq9ZtLw47RbNv1c»
X-Honeycomb-Team: «9f145fda9988c79fc35526f7eaed4672»
kubectl create secret generic x --from-literal=foo=«Zx9kk2»
echo '«Zx9!kk2 a»' | sudo -S ls
openssl pkcs12 -in a.p12 -passin pass:«tr0ubadour»
snmpwalk -v3 -u bob -l authPriv -A '«tr0ubadour1»' -X '«tr0ubadour2»' 10.0.0.1
<key>ApiToken</key><string>«9f145fda9988c79fc3552»</string>
{auth_failed,[{user,"root"},{password,<<"«tr0ubadour»">>}]}
ALTER ROLE app WITH PASSWORD '«pirate dolphin juniper 51»';
UPDATE users SET password='«Rocket''s-lantern23»', at=now()
+ mysql -u root '-p«dp;5fxA@DD»' -N
otp=«466176» valid for user 7
radiusd[7]: Login incorrect: [bob/«tr0ubadour»] (from client ap2)
DEBUG SMTP: C: AUTH LOGIN; S: 334 UGFzc3dvcmQ6; C: «czNjcjN0LU9yY2hpZDM1»
%SYS-5-CONFIG_I: username bob privilege 15 password 0 «tr0ubadour»
Content-Disposition: form-data; name="password"  «6v916qm_BxPY7UcJ» ------x
"form":{"user":["bob"],"passwd":["«tr0ubadour»"]}
~ master_password = "«tr0ubadour1»" -> "«tr0ubadour2»"
Driver={X};Server=db;UID=sa;PWD={«glacier pirate 16»};
*:5432:shop:bob:«tr0ubadour» (ignored: permissions 0644)
PDO->__construct('mysql:host=db', 'root', '«tr0ubadour»', Array)
ipsec: 10.0.0.1 : PSK "«say\"velvet\"70!»"
{"log":"{\"userPassword\":\"«say\\\"harbor\\\"70!»\"}\n"}
12:00:01 requirepass «cL8fTNvk5fs4lkp1»
POST https://http-intake.logs.datadoghq.com/v1/input/«5e5a4e4c350eb6d411ccb8b4f1f74eae»
"auth": "«Ym9iOnRyMHViYWRvdXI=»"
Stripe-Signature: t=1492774577,v1=«5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd»
user [bob] password [«tr0ubadour»]
<input type="password" name="pw" value="«tr0ubadour»">
ldapsearch -D "cn=admin" -w '«orchid velvet kettle 44»' -b dc=x
{"kty":"oct","k":"«AyM1SysPpbyDfgZld3umj1qzKObwVMko»"}
""".strip().split("\n")
CLEAN = r"""
INSERT INTO users (id, name, password) VALUES (1, 'bob', NULL), (2, 'al', ?)
Changing password....... done
password = var.db_password
this->password->get() and password->hash(x)
undefined method `password=' for #<User:0x0001> and `token='
postgres://deploy:****@db.example.com:5432/shop
GET /cb?code=invalid_verification_of_codes&state=x
GET /reset-password/confirm HTTP/1.1
otp=required for user 7
~ password = "(sensitive value)" -> "(known after apply)"
user [bob] password [FILTERED], password (required)
unknown field password 'must not be empty'
username, password = get_auth_from_url(proxy)
self._determ_token = uuid.uuid4().hex
msbuild "x.vcxproj" /m /p:OutDir=lib
""".strip().split("\n")


@pytest.mark.parametrize("form", TOKENS)
def test_a_token_is_told_by_what_it_begins_with(form: str) -> None:
    """A token of a known service is found amid any words."""
    draw = Values(Maker(11))
    token = form
    while "{" in token:
        head, _, rest = token.partition("{")
        slot, _, rest = rest.partition("}")
        token = f"{head}{draw(slot)}{rest}"
    line = f"request with {token} failed".encode()
    assert [line[span.start : span.end].decode() for span in detector_of(load_rules()).spans(line)] == [token]


@pytest.mark.parametrize("line", SECRETS)
def test_a_shape_is_known(line: str) -> None:
    """What stands between « and » is hidden, all of it."""
    data = line.replace("«", "").replace("»", "").encode()
    shown, at = [], 0
    for span in detector_of(load_rules()).spans(data):
        shown.append(data[at : span.start])
        at = span.end
    rest = b"".join([*shown, data[at:]]).decode()
    secrets = [part.partition("»")[0] for part in line.split("«")[1:]]
    assert not [secret for secret in secrets if secret[:6] in rest or secret[-6:] in rest], rest


@pytest.mark.parametrize("line", CLEAN)
def test_a_look_alike_stays(line: str) -> None:
    """A line of such a shape that holds no secret is left as it is."""
    assert not detector_of(load_rules()).spans(line.encode())
