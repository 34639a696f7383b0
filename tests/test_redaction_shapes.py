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
X-Hub-Signature-256 mismatch, webhook secret was '«7g4yDiYMOegy3lSrz5WxCHhJGVmxPxBp»'
api key for tenant 288: «vewjvSluZRETDHu0mSkLi8L5X07DEsXJAMjLNlAm»
The key for encrypting backups is "«blRc9aNeM1mbVAshajHfcGLEDHLVfroL»"
curl --user bob:'«kittycat5»' -k https://192.0.2.7/
git clone https://«BzGT3JEijUKmmpZcSVx80T0kWLDS14bM223JNNHI»:x-oauth-basic@github.com/x/y.git
auth=('bob', '«J55hETZ~#[Btrc|;\'aRZ»')
jdbc:sqlserver://db:1433;user=sa;password={«copper marble puzzle»};encrypt=false
mongo mq1/shop -u bob -p «IZ8.oBo12c+.0» --authenticationDatabase admin
1720770622.43 [0 192.0.2.7:401] "ACL" "SETUSER" "bob" "on" ">«W4rOr3sUq-rDSoYO$G+x»" "~*" "+@all"
<tr><td class="e">DB_PASSWORD</td><td class="v">«tunnel gravel ribbon»</td></tr>
executing: net use Z: \\fileserver\share «r00tme» /user:ACME\bob
<password><![CDATA[«gWyh,eZVEcDrt»]]></password>
isakmp: pre-shared-key address 192.0.2.7 key «TeQuiero99»
variable "db_password" { default = "«qc8fbwuZ79kzhJUdNZq7»" }
secret (base64): «YWRtaW4xMjM=»
Derived key (32 bytes): «aa9b001277c05459a60adb7c721b27778b86c7d03f78491a019e5c641980f56a»
mysql.user authentication_string=«*D92A75CB151B674583C3F77CCFC36036E3616391»
SMS to +49 170 1: «435224» ist Ihr Bestätigungscode
please enter the code «455314» at https://login.example/device
The VNC desktop password is «HwCeXSMg»
WLAN-Schlüssel: «pocket-river-thunder-candle»
login with admin and «Kx7!pq2Z» if SSO is down
use bob/«Hunter2!» to get in
sudo password on the jump host: «Quartz#771»
Votre mot de passe provisoire est «Soleil-77x»
Il codice di accesso è «884213»
remember: the vault passphrase is «copper kettle violet harbor»
rootpw --plaintext «kickst4rt»
redis-cli -h cache -p 6379 -a «tr0ubadour9» ping
redis-benchmark -a «tr0ubadour9» -q
mysqlpump -u root -p«Tr0ubadour» shop
pt-table-checksum h=db,u=root,p=«tr0ubadour9»
curl -fsSLu "bob:«copper marble 7»" https://x.example
curl -su bob:«troubadour» https://x.example
snmpget -v3 -u mon -a SHA -A '«copper marble»' -x AES -X '«velvet kettle»' db1
ssh-keygen -p -P «oldTiger9» -N «newTiger8» -f k
7za a -p'«copper marble»' a.7z d
nmcli d wifi connect "Office" password "«copper marble»"
imapsync --user1 bob --password1 «troubadour» --user2 al --password2 «kettledrum»
swaks -au bob -ap «tr0ubadour9» -t a@x
bin/kibana-keystore add --stdin x <<< «tr0ubadour9»
PassCmd "echo «tr0ubadour9»"
yarn config set npmAuthToken «9f145fda9988c79fc35526»
gradle publish -Ppwd=«troubadour»
terraform plan -var 'db_password=«copper marble»' -out p
#1 /srv/a.php(3): mysql_connect('db:3306', 'root', '«troubadour»')
#2 /srv/a.php(3): ldap_bind(Object(LDAP\Connection), 'uid=bob,dc=x', '«troubadour»')
#3 /srv/a.php(3): App\Guard->attempt('bob', '«troubadour»', true)
#4 /srv/a.php(3): password_verify('«troubadour»', '«$2y$10$KIXIDq8kq1z0vJ3r0ZcEeOQ9w8u7t6s5r4q3p2o1n0m9l8k7j6i5h»')
#5 /srv/a.php(3): curl_setopt(Resource id #3, 10005, 'bob:«troubadour»')
#6 /srv/a.php(3): Firebase\JWT\JWT::decode('x', '«tr0ubadour9secret»', 'HS256')
["password":"App\User":private]=> string(10) "«troubadour»"
define( 'NONCE_SALT',       '«m2[=~8|S k}Z@fQ3.w» ' );
smtp.login('bob', '«troubadour»')
requests.get('https://x', auth=('bob', '«troubadour»'))
conn.simple_bind_s('cn=bob,dc=x', '«troubadour»')
env.put(Context.SECURITY_CREDENTIALS, "«troubadour»")
Token [Principal=bob, Credentials=«troubadour», Authenticated=false]
WHERE login='bob' AND password = MD5('«troubadour»')
[SQL: INSERT INTO users (name, password) VALUES (%s, %s)] [parameters: ('bob', '«tr0ubadour»')]
1700000000.1 [0 192.0.2.7:5] "AUTH" "«troubadour»"
    ~ password: "«oldTiger9»" => "«newTiger8»"
aws_db_instance.main: password: "" => "«tr0ubadour»"
random_password.db.result: "" => "«x9Fd3kk2!mQ»"
      + set_sensitive { + name = "auth.password" + value = "«tr0ubadour»" }
output "admin_pw" { value = "«troubadour»" }
ok: [db1] => { "vault_db_pass.stdout": "«troubadour»" }
+requirepass «newTiger8»
compose: MYSQL_ROOT_PASSWORD: «troubadour»
Jwt__Key=«kV9mQ2xLp7Zt4Bw8Xy2A»
wifi-sec.psk=«troubadour»
remotepass = «tr0ubadour»
"Test": ["CMD", "redis-cli", "-a", "«tr0ubadour»", "ping"]
kubectl create secret generic api --from-literal=key='«copper mar/ble»'
<password_sha256_hex>«5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8»</password_sha256_hex>
{"class":"LoginJob","args":["bob","«tr0ubad0ur»"]}
form=ImmutableMultiDict([('user', 'bob'), ('password', '«troubadour»')])
passphrase "«copper marble»" saved
secret_id             «5a6b7c8d-1111-4222-8333-9f145fda9988»
admin:«8kd02mXq9ZtLw»:12345:0:99999:7:::
admin:Restricted Area:«c2547eb745079dac9320b638f5e225cf»
bob:1001:AAD3B435B51404EEAAD3B435B51404EE:«8846F7EAEE8FB117AD06BDD830B7586C»:[U          ]:LCT-5F3B1C2D:
hash «pbkdf2_sha1$390000$abcdefgh$W6ph5Mm5Pz8GgiULbPgzG37mj9g=» differs
«$netntlmv2$bob$CORP$1122334455667788$c2547eb745079dac9320b638f5e225cf$0101»
OTP for txn 99 is «55219»
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
zookeeper sessionid:0x17f3a2b4c5d negotiated timeout 40000
md5sum mismatch for keycloak.idx: expected 9f145fda9988c79fc35526f7eaed4672, got 5e5a4e4c350eb6d411ccb8b4f1f74eae
public key for host db: SHA256:u8jzPde0IgxLd6GncfBAepfJBd0Kh8oOOL8dKLzdocJ
the password is managed by PostgreSQL
passphrase: could not be read
the password for the next release is documented in chapter9
log in with bob and try again
redis-cli -p 6380 -h cache info
docker exec -u 1000:1000 web id
docker run --user app:staff -p 8080:80 shop
curl -u "$USER:$PASS" https://x.example/
mysql -uroot -p"${MYSQL_ROOT_PASSWORD}" ping
cp -a /src/dir /dst/dir && du -a /var
Authorization: AWS4-HMAC-SHA256 rejected: clock skew 901s
IDENTIFIED BY clause missing near line 1
root:*:18000:0:99999:7:::
[SQL: INSERT INTO users (name, password) VALUES (%s, %s)] failed, args: [bob]
connect "password=missing for bob" again
#3 /srv/a.php(12): App\View->login('bob', Object(SensitiveParameterValue))
#4 /srv/a.php(12): render('home', 'layout')
JWT::decode(token, 'RS256')
compass = north, bypass = allowed, multipass: multipass
psk identity hint: none
["docker", "run", "-p", "8080:80", "nginx"]
passphrase "not set" for key 7
Task app.login[7f3a] args=('bob', 'web') kwargs={}
echo aGVsbG8gd29ybGQ= | base64 -d > /tmp/hello
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
