"""The fourth wording of log lines with and without secrets: templates, each a line or a few as some program writes them.

`«!name»` stands for a secret, `«name»` for what may stay; both are drawn from `Values`. The templates were written
without a look at the rules: at first sight of them 80.4 % of 2,400 lines with secrets were hidden, and 0.6 % of the
clean ones touched. Then the general causes were mended, not the templates.
"""
# ruff: noqa: E501  one sample stands on one line, as it does in a log

from __future__ import annotations

import base64
import json
import re
import string
from typing import TYPE_CHECKING

from secret_samples import ALNUM, HEX, LOWER, UPPER, URL_SAFE, WORDS, Leak, Maker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

B64 = ALNUM + "+/"
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SLOT = re.compile(r"«(!?)([a-z0-9]+)»")

LEAKS: dict[str, list[str]] = {
    "aws-access-key": [
        "[«iso»] boto3.session INFO resolved credentials provider=env access=«!akia» region=eu-central-1",
        "aws configure set aws_access_key_id «!akia» --profile «word»",
        "botocore.exceptions.ClientError: An error occurred (InvalidClientTokenId): «!akia» is not a member of the account",
        "GET /«word»/«uuid».csv?AWSAccessKeyId=«!akia»&Expires=«unix» HTTP/1.1 403",
    ],
    "aws-secret-key": [
        "export AWS_SECRET_ACCESS_KEY=«!awssecret»",
        '  secret_key = "«!awssecret»"   # provider.tf line «small»',
        'Credentials(AccessKeyId=..., SecretAccessKey="«!awssecret»", Token=null)',
        "«iso» s3fs: passwd_file read, aws_secret_access_key: «!awssecret»",
        "-Daws.secretKey=«!awssecret» -Xmx2g -jar «word».jar",
    ],
    "aws-session-token": [
        "AWS_SESSION_TOKEN=«!b64long»",
        "x-amz-security-token: «!b64long»",
        "https://«word».s3.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Security-Token=«!urltoken»&X-Amz-Date=20261104T101112Z",
    ],
    "google-key": [
        "maps: GET https://maps.googleapis.com/maps/api/geocode/json?address=«word»&key=«!gapi» -> 403",
        'firebaseConfig = { apiKey: "«!gapi»", projectId: "«word»-«small»" }',
        "FIREBASE__KEY -> «!gapi»",
    ],
    "google-oauth": [
        '"client_id": "«digits12»-«lower32».apps.googleusercontent.com", "client_secret": "GOCSPX-«!gocspx»"',
        "gcloud.auth: refreshed, access token ya29.«!ya29» valid 3599s",
    ],
    "azure": [
        "DefaultEndpointsProtocol=https;AccountName=«word»«small»;AccountKey=«!azkey»;EndpointSuffix=core.windows.net",
        "Endpoint=sb://«word».servicebus.windows.net/;SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=«!b64key32»",
        "PUT https://«word».blob.core.windows.net/c/b.bin?sv=2024-11-04&sp=rw&se=2026-12-01T00%3A00%3A00Z&sr=b&sig=«!urlsig» 403",
        "AADSTS7000215: Invalid client secret provided: «!azsecret» for app «uuid»",
        "ARM_CLIENT_SECRET: «!azsecret»",
    ],
    "github": [
        "remote: https://x-access-token:«!ghs»@github.com/«word»/«word2».git",
        "::debug::Using token «!ghp» for octokit",
        'gh auth status: ✓ Token: «!gho» Scopes: "repo"',
        "fatal: Authentication failed for 'https://«!ghpat»@github.com/«word»/infra/'",
    ],
    "gitlab": [
        "PRIVATE-TOKEN: «!glpat»",
        "CI_JOB_TOKEN=«!glcbt» CI_PROJECT_ID=«small»",
        "git push https://oauth2:«!glpat»@gitlab.example.net/«word»/«word2».git",
    ],
    "slack": [
        "slack_sdk.errors: token_revoked (token=«!xoxb»)",
        "SLACK_APP_TOKEN='«!xapp»'",
        'alertmanager: notify retry canceled: Post "https://hooks.slack.com/services/«!slackhook»": context deadline exceeded',
    ],
    "stripe": [
        "Stripe::AuthenticationError: Expired API Key provided: «!sklive»",
        "rk = «!rklive» ; mode = live",
        "stripe listen --forward-to localhost:4242 ... signing secret is «!whsec» (^C to quit)",
    ],
    "openai-and-others": [
        "openai.AuthenticationError: Error code: 401 - {'error': {'message': 'Incorrect API key provided: «!skproj»'}}",
        "litellm router: model=claude key=«!skant» cooldown 30s",
        "HF_TOKEN=«!hf» python -m train --epochs 3",
        "groq client init key «!gsk»",
        "REPLICATE_API_TOKEN=r8_«!alnum37»",
    ],
    "packaging-token": [
        "//npm.example.com/:_authToken=«!npm»",
        "twine upload -u __token__ -p «!pypi» dist/*",
        "echo «!dckr» | docker login --username «word» --password-stdin",
        '[registry]\ntoken = "cio«!alnum32»"',
        "NUGET_API_KEY=oy2«!lower43»",
        'GEM_HOST_API_KEY: "rubygems_«!hex48»"',
    ],
    "hosting-token": [
        "doctl auth init -t dop_v1_«!hex64»",
        "HEROKU_API_KEY=«!uuid»",
        "fly deploy failed, token FlyV1 fm2_«!b64long» is expired",
        "CLOUDFLARE_API_TOKEN=«!urlsafe40»",
        "LINODE_TOKEN: «!hex64»",
        "vercel --token «!alnum24»",
        "NETLIFY_AUTH_TOKEN=nfp_«!alnum36»",
        "X-Auth-Key: «!hex37»",
    ],
    "monitoring-token": [
        "DD-API-KEY: «!hex32»",
        "datadog-agent config: api_key: «!hex32»",
        "newrelic: license_key=«!hex36»NRAL",
        "NEW_RELIC_USER_KEY NRAK-«!upper27»",
        "GF_AUTH: Bearer glsa_«!alnum32»_«hex8»",
        "SENTRY_AUTH_TOKEN=sntrys_«!b64long»",
        "splunk hec: Authorization: Splunk «!uuid»",
        "honeycomb X-Honeycomb-Team: «!hex32»",
        "pagerduty routing_key=«!hex32» event_action=trigger",
    ],
    "mail-and-chat-token": [
        "sendgrid 401 with SG.«!sg»",
        "mailgun: auth=('api', 'key-«!hex32»')",
        "TWILIO_AUTH_TOKEN=«!hex32» TWILIO_ACCOUNT_SID=AC«hex32»",
        "POST https://api.telegram.org/bot«!telegram»/sendMessage 429",
        "discord.gateway: identify with «!discord»",
        "webhook https://discord.com/api/webhooks/«digits18»/«!urlsafe68» gave 404",
        "https://outlook.office.com/webhook/«uuid»@«uuid»/IncomingWebhook/«!hex32»/«uuid»",
    ],
    "saas-token": [
        "shopify: X-Shopify-Access-Token: shpat_«!hex32»",
        "SQUARE_ACCESS_TOKEN=EAAA«!urlsafe60»",
        "databricks host https://adb-«digits16».azuredatabricks.net token dapi«!hex32»",
        "linear.issues.list lin_api_«!alnum40»",
        "Notion-Auth ntn_«!alnum46»",
        "newman run c.json --env-var key=PMAK-«!hex24»-«!hex34»",
        "jira: basic («word»@corp.example, ATATT3xFfGF0«!urlsafe160»=ABCDEF12)",
        "Authorization: SSWS 00«!urlsafe40»",
        "airtable pat«!alnum14».«!hex64» 422",
        "figma figd_«!urlsafe40» expired",
        "asana PAT 1/«digits16»:«!hex32»",
        "algolia: X-Algolia-API-Key=«!hex32» X-Algolia-Application-Id=«upper10»",
        "launchdarkly sdk-«!uuid» initialized",
        "PlanetScale pscale_tkn_«!urlsafe43»",
        "SUPABASE_SERVICE_ROLE_KEY=«!jwt»",
    ],
    "vault": [
        "vault login hvs.«!urlsafe90»",
        "X-Vault-Token: s.«!alnum24»",
        "Unseal Key 1: «!b64key33»",
        "Initial Root Token: hvs.«!alnum24»",
        "consul: X-Consul-Token: «!uuid»",
        "secret_id            «!uuid»",
        "TF_TOKEN_app_terraform_io=«!alnum14».atlasv1.«!urlsafe67»",
        "doppler run --token dp.st.prd.«!alnum40»",
        "age: decrypting with AGE-SECRET-KEY-1«!upper58»",
    ],
    "jwt": [
        "jose: verify failed for «!jwt»",
        "id_token=«!jwt»&state=«hex16»",
        "WebSocket connect wss://«word».example.net/socket?access_token=«!jwt»",
        "kubectl --token=«!jwt» get pods",
        '{"ts":«unix»,"lvl":"debug","hdr":{"X-Forwarded-Access-Token":["«!jwt»"]}}',
    ],
    "pem": [
        "-----BEGIN PRIVATE KEY-----\n«!b64line»\n«!b64line»\n«!b64line»\n«!b64tail»\n-----END PRIVATE KEY-----",
        '  "private_key": "-----BEGIN PRIVATE KEY-----\\n«!b64line»\\n«!b64line»\\n«!b64tail»\\n-----END PRIVATE KEY-----\\n",',
        "      tls.key: |\n        -----BEGIN EC PRIVATE KEY-----\n        «!b64line»\n        «!b64line»\n        «!b64tail»\n        -----END EC PRIVATE KEY-----",
        "«iso» dump: b'-----BEGIN OPENSSH PRIVATE KEY-----\\n«!b64line»\\n«!b64line»\\n-----END OPENSSH PRIVATE KEY-----\\n'",
    ],
    "url-with-password": [
        "sqlalchemy.exc.OperationalError: (psycopg.OperationalError) could not connect: postgresql+psycopg://«word»:«!urlpw»@pg-0.«word2».svc:5432/ledger",
        "MongoServerSelectionError: mongodb+srv://«word»:«!urlpw»@cluster0.«lower5».mongodb.net/?retryWrites=true",
        "redis://:«!urlpw»@cache.internal:6379/0 PING failed",
        "celery: broker amqps://«word»:«!urlpw»@mq.example.net:5671/%2F unreachable",
        "https_proxy=http://«word»:«!urlpw»@proxy.corp.example:3128",
        "rsync: failed to connect to rsync://backup:«!urlpw»@«ip»/vol",
        "clickhouse+http://default:«!urlpw»@ch-1:8123/default timeout",
        "sftp://«word»:«!urlpw»@files.example.org/inbound/*.xml no such dir",
        "pip install --index-url https://ci:«!urlpw»@pypi.corp.example/simple «word»",
        "ldap bind ldaps://cn=admin:«!urlpw»@dc1.corp.example:636",
        "RTSP rtsp://viewer:«!urlpw»@«ip»:554/stream1 401",
    ],
    "connection-string": [
        "System.Data.SqlClient.SqlException at Server=tcp:«word».database.windows.net,1433;Initial Catalog=Crm;User ID=«word2»;Password=«!plainpw»;Encrypt=True",
        "jdbc:sqlserver://db:1433;databaseName=x;user=sa;password=«!plainpw»;trustServerCertificate=true",
        "jdbc:mysql://«ip»:3306/shop?user=«word»&password=«!urlpw»&useSSL=false",
        "jdbc:oracle:thin:«word»/«!plainpw»@//ora1:1521/ORCL",
        'psycopg2.connect("host=«ip» dbname=«word» user=app password=«!plainpw» sslmode=require")',
        "Driver={ODBC Driver 18 for SQL Server};Server=db2;UID=svc;PWD=«!plainpw»;",
        "sqlplus «word»/«!plainpw»@ORCL as sysdba",
        "AMQP DSN host=mq;username=«word»;passwd=«!plainpw»;vhost=/",
        "StackExchange.Redis: cache.example.net:6380,password=«!b64key32»,ssl=True,abortConnect=False",
        "go-sql-driver dsn: «word»:«!plainpw»@tcp(db.internal:3306)/«word2»?parseTime=true",
    ],
    "password-field": [
        "Login attempt {username=«word», password=«!plainpw», remember=true}",
        "LoginRequest(userName=«word», password=«!plainpw»)",
        'User { id: «small», name: "«word»", password: "«!plainpw»", active: true }',
        "array('user' => '«word»', 'password' => '«!plainpw»')",
        '{:user=>"«word»", :password=>"«!plainpw»"}',
        "{'DB_HOST': 'db', 'DB_PASSWORD': '«!plainpw»', 'DEBUG': False}",
        "&{Host:db Port:5432 User:«word» Password:«!plainpw» SSL:false}",
        '<add key="SmtpPassword" value="«!plainpw»" />',
        "<password>«!plainpw»</password>",
        '<Credentials user="«word»" password="«!plainpw»"/>',
        'payload={\\"email_verified\\":true,\\"password\\":\\"«!plainpw»\\"}',
        "spring.datasource.password=«!plainpw»",
        "  ansible_become_pass: «!plainpw»",
        "POSTGRES_PASSWORD=«!plainpw»\nPOSTGRES_DB=«word»",
        "helm upgrade «word» ./chart --set postgresql.auth.password=«!plainpw»,replicas=2",
        'db_password = "«!plainpw»"',
        "    DB_PASS: '«!plainpw»'",
        "requirepass «!plainpw»",
        "masterauth «!plainpw»",
        "bind_pw: «!plainpw»",
        "  - name: RABBITMQ_DEFAULT_PASS\n    value: «!plainpw»",
        '  - name: ADMIN_PASSWORD\n    value: "«!plainpw»"',
        "initial admin password: «!plainpw»",
        "A temporary password is generated for root@localhost: «!plainpw»",
        "Your new password is «!plainpw»",
        "userPassword: «!plainpw»",
        "wpa_passphrase=«!plainpw»",
        "[mail]\nuser = «word»\npassword = «!plainpw»\nhost = smtp",
        "smtp-auth-password «!plainpw»",
        "set password for '«word»' := «!plainpw»",
        'sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="«word»" password="«!plainpw»";',
        "ssl.keystore.password=«!plainpw»\nssl.key.password=«!plainpw»",
        'cfg.Auth.Passwd="«!plainpw»" cfg.Auth.User="«word»"',
        "$db_pass = '«!plainpw»';",
        "define('DB_PASSWORD', '«!plainpw»');",
        'os.environ["SMTP_PASSWORD"] = "«!plainpw»"',
        "process.env.ADMIN_PASS = '«!plainpw»'",
        'KeyStore password: "«!plainpw»"',
        "oldPassword=«!urlpw»&newPassword=«!urlpw»&_method=PUT",
        "grant_type=password&username=«word»&password=«!urlpw»&scope=openid",
        'Content-Disposition: form-data; name="password"\n\n«!plainpw»',
        "password | «!plainpw» |",
        "Enter passphrase: «!plainpw»",
        "snmp-server community «!plainpw» RO",
        "enable secret 0 «!plainpw»",
        '[DEBUG] loginForm.value => {"user":"«word»","pwd":"«!plainpw»"}',
        "passcode=«!plainpw»",
    ],
    "password-in-other-languages": [
        "Anmeldung fehlgeschlagen: benutzer=«word» passwort=«!plainpw»",
        "Kennwort: «!plainpw»",
        "connexion refusée utilisateur=«word» mot_de_passe=«!plainpw»",
        'motDePasse="«!plainpw»"',
        "usuario=«word» contraseña=«!plainpw» intento=2",
        "clave_acceso: «!plainpw»",
        "senha=«!plainpw» usuário=«word»",
        "wachtwoord: «!plainpw»",
        "hasło=«!plainpw»",
        "lösenord=«!plainpw»",
        "пароль: «!plainpw»",
        "パスワード=«!plainpw»",
        "密码: «!plainpw»",
        '"parola": "«!plainpw»"',
    ],
    "command-line": [
        "curl -s -u «word»:«!plainpw» https://«word2».example.com/api/v1/jobs",
        "curl -H 'Authorization: Token «!hex40»' https://x.example/api",
        "curl -X POST -d 'user=«word»&pass=«!urlpw»' https://auth.example/login",
        'curl --header "X-API-Key: «!alnum32»" http://«ip»:8080/v1',
        "mysql -h «ip» -u root -p«!plainpw» shop < dump.sql",
        "mysqldump --user=«word» --password=«!plainpw» --all-databases",
        "PGPASSWORD=«!plainpw» pg_dump -h «ip» -U «word» ledger",
        "sshpass -p «!plainpw» ssh deploy@«ip» uptime",
        "redis-cli -h «ip» -a «!plainpw» INFO",
        "openssl pkcs12 -export -passout pass:«!plainpw» -in c.pem",
        "keytool -importkeystore -srcstorepass «!plainpw» -deststorepass «!plainpw»",
        "docker login -u «word» -p «!plainpw» registry.example.com",
        "wget --http-user=«word» --http-password=«!plainpw» https://x.example/f.tgz",
        "smbclient //fs/share -U «word»%«!plainpw» -c ls",
        "net use Z: \\\\fs\\share /user:CORP\\«word» «!plainpw»",
        "ldapsearch -x -D cn=admin,dc=ex -w «!plainpw» -b dc=ex",
        "gpg --batch --passphrase «!plainpw» -d f.gpg",
        "az login --service-principal -u «uuid» -p «!azsecret» --tenant «uuid»",
        "CMD (root) mongosh -u «word» -p '«!plainpw»' --authenticationDatabase admin",
        "ansible-playbook site.yml -e db_password=«!plainpw» -l prod",
        "http -a «word»:«!plainpw» GET :8080/x",
        "zip -P «!plainpw» out.zip f",
        "useradd «word» && echo '«word»:«!plainpw»' | chpasswd",
        'sqlcmd -S db -U sa -P «!plainpw» -Q "select 1"',
        "kubectl create secret generic db --from-literal=password=«!plainpw»",
        "htpasswd -b /etc/nginx/.htpasswd «word» «!plainpw»",
        "terraform apply -var 'admin_password=«!plainpw»'",
        "java -Djavax.net.ssl.keyStorePassword=«!plainpw» -jar x.jar",
        "node server.js --db-password «!plainpw» --port 80",
        "restic -r s3:x --password-command 'echo «!plainpw»'",
    ],
    "sql": [
        "CREATE USER '«word»'@'%' IDENTIFIED BY '«!plainpw»'",
        "STATEMENT:  ALTER ROLE «word» WITH LOGIN PASSWORD '«!plainpw»';",
        "GRANT ALL ON *.* TO «word» IDENTIFIED WITH mysql_native_password BY '«!plainpw»'",
        "CREATE LOGIN «word» WITH PASSWORD = N'«!plainpw»'",
        'ALTER USER «word» IDENTIFIED BY "«!plainpw»"',
        "UPDATE users SET password='«!plainpw»' WHERE id=«small»",
        "INSERT INTO users (login, password) VALUES ('«word»', '«!plainpw»')",
        "SET PASSWORD FOR 'root'@'localhost' = PASSWORD('«!plainpw»')",
        'db.createUser({user: "«word»", pwd: "«!plainpw»", roles: []})',
    ],
    "protocol": [
        "< 220 ftp ready\n> USER «word»\n> PASS «!plainpw»\n< 530 Login incorrect",
        "SMTP C: AUTH PLAIN «!basic»",
        "imap: a001 LOGIN «word» «!plainpw»",
        'redis MONITOR "AUTH" "«!plainpw»"',
        "pop3d: PASS «!plainpw»",
        "irc >> PRIVMSG NickServ :IDENTIFY «!plainpw»",
        "«ip»:6379> AUTH «!plainpw»",
    ],
    "authorization": [
        "Authorization: Basic «!basic»",
        "proxy-authorization: basic «!basic»",
        "request headers: {'Authorization': 'Bearer «!urlsafe43»', 'Accept': '*/*'}",
        'headers={"authorization":["Bearer «!opaque»"],"user-agent":["grpc-go/1.6"]}',
        "> authorization: Bearer «!opaque»",
        "at com.acme.Http.call(Http.kt:«small») [Authorization=Bearer «!opaque»]",
        "set header Authorization to ApiKey «!b64key33»",
        '"HTTP_AUTHORIZATION"=>"Bearer «!opaque»"',
        '{"auths":{"https://index.docker.io/v1/":{"auth":"«!basic»"}}}',
        "X-Registry-Auth: «!basic»",
        "X-Api-Key=«!alnum32»",
        "x-goog-api-key: «!gapi»",
        "Ocp-Apim-Subscription-Key: «!hex32»",
        "X-CSRF-Token: «!b64key33»",
    ],
    "cookie": [
        "Cookie: lang=de; sessionid=«!lower32»; csrftoken=«!alnum32»",
        "Set-Cookie: JSESSIONID=«!hexup32»; Path=/; HttpOnly",
        "> cookie: __Host-session=«!opaque»; theme=dark",
        "set-cookie: remember_token=«!opaque»; Max-Age=1209600",
        "'HTTP_COOKIE': 'PHPSESSID=«!lower26»'",
        '  "Cookie": "connect.sid=s%3A«!urlsafe32».«!alnum43»",',
        "Cookie: laravel_session=«!eyjcookie»",
    ],
    "api-key-field": [
        "GET /v2/quotes?symbol=«word»&apikey=«!alnum16» 200 «small»ms",
        "GET /data/2.5/weather?q=«word»&appid=«!hex32» 401",
        "partner_api_key: «!alnum32»",
        "  api_secret: «!urlsafe40»",
        "consumer_secret=«!alnum43»",
        'client_secret: "«!urlsafe40»"',
        "access_token=«!opaque»&expires_in=3600&token_type=bearer",
        '{"refresh_token":"«!opaque»","scope":"offline_access"}',
        "signing_key = '«!hex64»'",
        "SECRET_KEY = 'django-insecure-«!django»'",
        "secret_key_base: «!hex128»",
        "APP_KEY=base64:«!b64key32»",
        "JWT_SECRET=«!opaque»",
        "encryptionKey: «!hex64»",
        'webhook_secret="«!opaque»"',
        '+ resource "random_password" "db" { result = "«!plainpw»" }',
        "otpauth://totp/«word»:ops?secret=«!base32»&issuer=«word2»",
        "PrivateKey = «!wgkey»",
        "PresharedKey = «!wgkey»",
        "auth_token «!opaque»",
        '"sharedSecret" : "«!opaque»"',
        "SESSION_SECRET: «!hex64»",
        "storage_account_key=«!azkey»",
        "apiKey → «!alnum32»",
        "Invalid API key: «!alnum32»",
        "Rejected token '«!opaque»' (expired)",
        "ENCRYPTION_KEY='«!b64key32»'",
        "--api-key=«!alnum32» --region eu",
        "cookieSecret=«!opaque»",
        "hmac_key: «!b64key32»",
        "master_key=«!hex32» (config/master.key)",
        "deploy_token: «!urlsafe20»",
        "bot_token=«!opaque»",
    ],
    "kubernetes-secret": [
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: «word»-db\ndata:\n  password: «!b64pw»\n  username: «b64word»\n",
        '{"kind":"Secret","apiVersion":"v1","data":{"password":"«!b64pw»"},"metadata":{"name":"«word»"}}',
        "stringData:\n  password: «!plainpw»\n  url: https://«word».example",
    ],
    "password-hash": [
        "«word»:$6$«alnum8»$«!crypt86»:19700:0:99999:7:::",
        "«word»:$2y$10$«!bcrypt53»",
        "password_hash='$argon2id$v=19$m=65536,t=3,p=4$«b64salt»$«!argon43»'",
        "found user row («small», '«word»', 'pbkdf2_sha256$600000$«alnum22»$«!b64key32»')",
    ],
    "netrc-and-pgpass": [
        "machine api.example.com login «word» password «!plainpw»",
        "db.internal:5432:ledger:«word»:«!plainpw»",
    ],
    "email": [
        "Kunde «!email» hat Bestellung «small» storniert",
        "smtp 550 5.1.1 <«!email»>: Recipient address rejected",
        "«iso» signup ok user.email=«!email» plan=free",
        "to=<«!email»>, relay=mx.example.net[«ip»]:25, status=bounced",
        "Duplicate entry '«!email»' for key 'users.email'",
        "GET /unsubscribe?u=«!urlemail» 200",
        'author: "«word» <«!email»>"',
        "mailto:«!email»?subject=hi",
    ],
    "card": [
        "payment declined pan=«!card» code=51",
        "card_number: «!card», exp 12/28",
        "Karte «!card» abgelehnt",
        '{"cc":"«!card»","cvv":"***"}',
        "charge failed for «!card» amount 12.90 EUR",
    ],
    "iban": [
        "SEPA pain.001 rejected: <IBAN>«!iban»</IBAN>",
        "Überweisung an «!iban» fehlgeschlagen",
        "debtor_account=«!iban»",
        "invalid account «!iban» AC01",
    ],
}

CLEAN = [
    # ids, traces, hashes
    "«iso» http-nio-8080-exec-«small» [«word»,«hex32»,«hex16»] INFO c.a.Orders - accepted order «uuid»",
    "b3: «hex32»-«hex16»-1-«hex16»",
    "X-Cloud-Trace-Context: «hex32»/«digits18»;o=1",
    "x-datadog-trace-id: «digits18» x-datadog-parent-id: «digits18» uber-trace-id: «hex16»:«hex16»:0:1",
    "X-Amzn-Trace-Id: Root=1-«hex8»-«hex24»",
    'cf-ray: «hex16»-FRA age: «small» etag: "«hex32»"',
    'ETag: "«hex32»-«small»" x-amz-version-id: «urlsafe32»',
    "Via: 1.1 «hex32».cloudfront.net (CloudFront) X-Amz-Cf-Id: «urlsafe54»==",
    "ulid=«ulid» ksuid=«alnum27» nanoid=«urlsafe21» snowflake=«digits18»",
    "xid «lower20» cuid c«lower24» objectid «hex24»",
    "go: downloading «word».dev/x v1.«small».0\n«word».dev/x v1.«small».0 h1:«b64key32»",
    'checksum = "«hex64»"',
    "--hash=sha256:«hex64» \\",
    "/nix/store/«lower32»-«word»-2.«small»/bin/«word»",
    '"integrity": "sha512-«b64sum»==",',
    'resolved "https://registry.yarnpkg.com/«word»/-/«word»-1.2.3.tgz#«hex40»"',
    "yarn cache key «hex64»; lockfile hash «hex64»",
    "commit «hex40» (HEAD -> main, origin/main)",
    "index «hex7»..«hex7» 100644",
    "Merge «hex9» into «hex9»",
    "tree «hex40»\nparent «hex40»",
    "Step 4/9 : RUN make\n ---> Using cache\n ---> «hex12»",
    "sha256:«hex64»: Pulling fs layer",
    'containerd: StartContainer for "«hex64»" returns successfully',
    "pod «word»-«hex10»-«lower5» in namespace «word2» evicted uid=«uuid» resourceVersion=«digits9»",
    "    pod-template-hash: «hex10»",
    "    controller-uid: «uuid»",
    "    checksum/config: «hex64»",
    '    kubectl.kubernetes.io/restartedAt: "«iso»"',
    "BuildID[sha1]=«hex40», stripped",
    "Process «small» crashed at 0x«hex16» in lib«word».so (deadbeef+0x«hex8»)",
    "java.lang.Object@«hex8» waiting on <0x0000000«hex9»>",
    "md5sum: «hex32»  backup-«small».tar",
    "blake3 «hex64» crc32c «hex8» adler «hex8» xxh3 «hex16»",
    "Torrent infohash «hex40» peers «small»",
    "ipfs: pinned QmX«alnum43» cid bafybei«lower52»",
    "eth: tx 0x«hex64» from 0x«hex40» nonce «small» reverted",
    "btc block 00000000000000000«hex47» height «digits6»",
    "fingerprint: SHA256:«b64fp» (ED25519)",
    "key fingerprint = «hex4up» «hex4up» «hex4up» «hex4up» «hex4up»  «hex4up» «hex4up» «hex4up» «hex4up» «hex4up»",
    "Host key verification failed: ECDSA key fingerprint is SHA256:«b64fp».",
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ«b64long» deploy",
    "debug1: Offering public key: /home/«word»/.ssh/id_ed25519 ED25519 SHA256:«b64fp» agent",
    "Accepted publickey for «word» from «ip» port «small» ssh2: RSA SHA256:«b64fp»",
    "Certificate SHA-1 fingerprint: «colons20»",
    "Serial Number: «colons16»",
    "subjectKeyIdentifier=«colons20»",
    "-----BEGIN CERTIFICATE-----\n«b64line»\n«b64line»\n«b64tail»\n-----END CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----\n«b64line»\n«b64tail»\n-----END PUBLIC KEY-----",
    "pinned public key sha256//«b64key32» mismatch",
    '"kid": "«urlsafe43»", "kty": "RSA", "n": "«urlsafe160»", "e": "AQAB"',
    "JWKS key id «hex40» not found",
    "PublicKey = «wgkey»",
    "peer: «wgkey»\n  endpoint: «ip»:51820",
    "data:image/png;base64,iVBORw0KGgo«b64long»",
    "avatar=data:image/jpeg;base64,/9j/4AAQ«b64long» size=«small»",
    "src: url(data:font/woff2;base64,d09GMg«b64long»)",
    "body(base64, «small» bytes)=«b64long»",
    "payload: H4sIAAAAAAAA«b64long»",
    "thumbnail «b64line»",
    "protobuf dump CgV«b64line»",
    # cache and other keys that are none
    "cache miss key=user:«small»:profile:v3 ttl=300",
    "cache key: «word»/«word2»/«hex64»",
    "redis GET session:«uuid»:meta -> nil",
    "DEL lock:order:«uuid» by owner «hex16»",
    "memcached key «word».«word2».«hex32» evicted",
    "idempotency-key: «uuid»",
    "partition_key=«word»#2026-11-«small» sort_key=ORDER#«ulid»",
    "kafka record key=«uuid» partition=«small» offset=«digits9»",
    "Violation of PRIMARY KEY constraint 'PK_«word»'. Cannot insert duplicate key in object 'dbo.«word»'. The duplicate key value is («uuid»).",
    'duplicate key value violates unique constraint "«word»_pkey" DETAIL: Key (id)=(«uuid») already exists.',
    "dynamodb: ProvisionedThroughputExceeded key={'pk': {'S': 'TENANT#«word»'}, 'sk': {'S': '«ulid»'}}",
    "s3 key=logs/«word»/2026/11/«hex32».gz size=«digits6»",
    "storage key «word»/«uuid»/original.jpg uploaded",
    "KeyError: '«word»_«word2»'",
    "hotkey ctrl+shift+«small»; keyboard layout us; keyframe «small»",
    "sharding key hash «hex16» -> shard «small»",
    "public_key=«hex64» algo=ed25519",
    "translation key «word».«word2».title missing for locale de",
    "i18n: missing key 'auth.password.forgot' in fr.json",
    'groupKey={alertname="«word»", cluster="«word2»"}',
    "registry key HKLM\\SOFTWARE\\«word»\\«word2» not found",
    # words about secrets
    "password=******** user=«word»",
    "password: [REDACTED]",
    "'password': '********', 'token': '<hidden>'",
    "DB_PASSWORD=${DB_PASSWORD}",
    "password: {{ .Values.db.password | quote }}",
    'password: "{{ vault_db_password }}"',
    "password_file: /run/secrets/«word»_password",
    "PGPASSFILE=/home/«word»/.pgpass",
    "db_password = (sensitive value)",
    "+ admin_password = (known after apply)",
    "        - name: DB_PASSWORD\n          valueFrom:\n            secretKeyRef:\n              name: «word»-db\n              key: password",
    "secretName: «word»-tls-«hex8»",
    "imagePullSecrets: [{name: «word»-registry}]",
    "serviceAccountToken: {expirationSeconds: 3607, path: token}",
    'MountVolume.SetUp failed for volume "«word»-token-«lower5»" : secret "«word»-token" not found',
    "arn:aws:secretsmanager:eu-central-1:«digits12»:secret:«word»/db/password-«alnum6»",
    "projects/«word»-«small»/secrets/db-password/versions/«small»",
    "https://«word».vault.azure.net/secrets/DbPassword/«hex32»",
    "op://«word»/database/password",
    "vault kv get secret/data/«word»/password: permission denied",
    "vault:secret/data/«word»#password",
    "password_policy=strong password_min_length=12 password_expired=false password_reset_sent=true",
    "passwordless login enabled; password auth disabled",
    'FATAL: password authentication failed for user "«word»"',
    "pam_unix(sshd:auth): authentication failure; logname= uid=0 user=«word»",
    "Access denied for user '«word»'@'«ip»' (using password: YES)",
    "WRONGPASS invalid username-password pair or user is disabled.",
    "error: password must contain at least one uppercase letter",
    "Passwort falsch für Benutzer «word», noch 2 Versuche",
    "mot de passe oublié pour l'utilisateur «word»",
    "contraseña incorrecta para usuario «word»",
    "password changed for «word» by admin at «iso»",
    "secret rotation for «word»-db finished in «small» s, version «uuid»",
    "token expired at «iso», refreshing",
    "token bucket refill rate=«small»/s tokens=«small» burst=«small»",
    "usage prompt_tokens=«small» completion_tokens=«small» total_tokens=«digits6»",
    "max_tokens: 4096, stop_token_ids: [1, 2, «small»]",
    "tokenizer: meta-llama/Llama-3-8B vocab «digits6» pad_token=<|end_of_text|> eos_token=</s>",
    "unexpected token '}' at line «small» column «small»",
    "SyntaxError: invalid token: 0«small»",
    "CancellationToken was cancelled; cancelToken=null",
    "page_token=eyJvZmZzZXQiOjEwMH0 next_page_token=",
    "nextToken: null, continuation_token: none",
    "sync_token=s«small»_«digits9»_«small»",
    "auth_type=oidc auth_method=password auth_time=«unix» auth_provider=«word»",
    "authorization: ok user=«word» roles=[viewer]",
    "Authorization header missing",
    'WWW-Authenticate: Bearer realm="https://auth.example.com/token",service="registry.example.com",scope="repository:«word»/api:pull"',
    "bearer token missing scope «word»:read",
    "cookie consent accepted; cookies=2 cookie_domain=.example.com",
    "session «uuid» closed after «small» s",
    "session_timeout=1800 session_store=redis session_count=«small»",
    "secret santa list exported, «small» rows",
    "pass «small» of 10 complete; pass rate 99.«small»%",
    "test_login_with_password PASSED [ «small»%]",
    "pin «small» set HIGH; pinned memory «digits9» bytes",
    "credentials provider chain: env -> profile -> imds; none found",
    "api_key_id=«uuid» created; api key prefix only shown once",
    "private key file /etc/ssl/private/«word».key has mode 0644, expected 0600",
    "ssl_certificate_key /etc/nginx/ssl/«word».key;",
    "client_id=«uuid» tenant_id=«uuid» subscription_id=«uuid»",
    "clientId: «digits12»-«lower32».apps.googleusercontent.com",
    "access_key_rotation_days = 90",
    "encryption key version «small» (KMS arn:aws:kms:eu-west-1:«digits12»:key/«uuid»)",
    "kms key alias/«word» is pending deletion",
    "CONNECT db://«word»@pg-0.«word2»:5432/ledger ok",
    "postgres://«word»:***@pg-0:5432/ledger refused",
    "git clone ssh://git@git.example.com:2222/«word»/«word2».git",
    "root@«word»-01:~# systemctl status «word2»",
    "unit «word»@«small».service entered failed state",
    "npm ERR! 404 '@«word»/«word2»@^1.«small».0' is not in this registry",
    "image: ghcr.io/«word»/api@sha256:«hex64»",
    # numbers
    "order 9«digits15» shipped, tracking 1Z«upper16», ean 40«digits11»",
    "ts=«nanos» dur=«digits9»ns seq=«digits18»",
    "account_id=«digits12» invoice=INV-2026-«digits6» vat=DE«digits9»",
    "ipv6 2001:db8:«hex4»:«hex4»::«hex4» mac «mac»",
    "phone +49 30 «digits9» sms sent id=SM«hex32»",
    "lat=52.«digits9» lon=13.«digits9» geohash=«lower9»",
    "isbn 978-3-16-14841«small»-0 sku «upper10»",
    "imei 35-«digits6»-«digits6»-1 rejected",
    # structured
    '{"time":"«iso»","level":"WARN","trace":"projects/«word»/traces/«hex32»","spanId":"«hex16»","insertId":"«lower15»","labels":{"instance_id":"«digits18»"}}',
    '{"@timestamp":"«iso»","ecs.version":"8.11","event.id":"«urlsafe20»","host.id":"«hex32»","message":"up"}',
    'level=info ts=«iso» caller=head.go:«small» component=tsdb msg="WAL segment loaded" ulid=«ulid» hash=«digits18»',
    '{"digest":"sha256:«hex64»","size":«digits6»,"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip"}',
    '  id       = "i-0«hex17»"\n  vpc_id   = "vpc-0«hex17»"\n  ami      = "ami-0«hex17»"',
    "aws_iam_role.«word»: Refreshing state... [id=«word»-role-«digits18»]",
    '  + etag = "«hex32»" + unique_id = "AROA«upper17»"',
    'version_id = "«urlsafe32»"',
    '[«word»]\nhost = "«ip»"\nport = 5432\nsslmode = "require"\nrevision = "«hex40»"',
    "; «word».ini\nhash_algorithm = sha512\nkey_buffer_size = 256M\nmax_key_length=3072",
    "GET /static/«word».«hex8».js?v=«hex32» 304",
    "GET /api/v3/items?cursor=«urlsafe43»&limit=50 200",
    "GET /track?utm_source=«word»&gclid=«urlsafe60»&fbclid=«urlsafe60» 200",
    "POST /graphql op=«word» hash=«hex64» persisted=true",
    "Sec-WebSocket-Accept: «b64fp28»",
    "Content-MD5: «b64md5» Digest: SHA-256=«b64key32»",
    "script-src 'sha256-«b64key32»' 'self'",
    '<script src="/a.js" integrity="sha384-«b64sri»" crossorigin>',
    "panic: runtime error: index out of range [«small»]\ngoroutine «small» [running]:\nmain.(*Store).Get(0xc000«hex6», {0xc0000«hex5», 0x24})",
    '  File "/app/«word»/auth.py", line «small», in check_password\n    raise InvalidToken(token_id)',
    "    at com.acme.security.TokenFilter.doFilter(TokenFilter.java:«small»)",
    "thread 'tokio-runtime-worker' panicked at src/secret.rs:«small»: called `Option::unwrap()` on a `None` value",
    "#«small» 0x0000«hex12» in parse_password_hash () from /usr/lib/lib«word».so.3",
    "nginx: 499 upstream=10.0.«small».7 rid=«hex32» ja4=t13d1516h2_«hex12»_«hex12»",
    "dbus: unique name :1.«small» machine-id «hex32» boot-id «hex32»",
    "_BOOT_ID=«hex32» _MACHINE_ID=«hex32» __CURSOR=s=«hex32»;i=«hex6»;b=«hex32»",
    "ceph: pg 3.«hex4» on osd.«small», fsid «uuid»",
    "zfs: snapshot tank/«word»@auto-2026-11-«small» guid «digits18»",
    "LUKS: UUID=«uuid» key slot 0 unlocked",
    "GUID {«uuid»} CLSID {«uuid»} event id «small»",
    "smtp id=1t«alnum4»-«alnum6»-«alnum2» queued as «upper10»",
    "message-id=<«alnum22»@mail.example.com>",
    "DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=s1; bh=«b64key32»; b=«b64long»",
    "license: MIT; author notified; «small» files",
    'metric «word»_tokens_issued_total{grant="password"} «digits6»',
    'http_requests_total{path="/oauth/token",code="401"} «digits6»',
]

LATER_LEAKS = [
    "[pgbouncer] [autodb] shard1 = host=«ip» user=app password=«!plainpw» pool_size=20",
    "gitea: [security] INTERNAL_TOKEN = «!jwt»",
    "gitea [database] PASSWD = «!plainpw»",
    "grafana.ini: admin_password = «!plainpw»",
    "[auth.ldap] bind_password = `«!plainpw»`",
    "traefik: basicAuth users=admin:$apr1$«alnum8»$«!alnum22»",
    "keycloak ERROR KC_DB_PASSWORD=«!plainpw» rejected by postgres",
    "Caused by: java.sql.SQLException: Access denied, props={user=«word», password=«!plainpw», useSSL=false}",
    'HikariPool-1 - configuration: password........................"«!plainpw»"',
    "airflow connections add pg --conn-uri 'postgres://«word»:«!urlpw»@db/«word2»'",
    "AIRFLOW__CORE__FERNET_KEY=«!b64key32»",
    'rails: Parameters: {"user"=>{"email"=>"«!email»", "password"=>"«!plainpw»"}, "commit"=>"Log in"}',
    'ActionController: Started POST "/login?password=«!urlpw»" for «ip»',
    'laravel.ERROR: SQLSTATE[HY000] [1045] {"password":"«!plainpw»","database":"shop"}',
    "django.db: DATABASES={'default': {'USER': 'app', 'PASSWORD': '«!plainpw»'}}",
    "wp-config: define( 'AUTH_KEY', '«!opaque»' );",
    "panic: bad config: {Addr:db:5432 Username:«word» Password:«!plainpw» DB:0}",
    'thread main panicked: Config { url: "redis://:«!urlpw»@r:6379", tls: false }',
    'DEBUG sqlx: connecting with PgConnectOptions { host: "db", username: "«word»", password: Some("«!plainpw»"), database: None }',
    'serde error in Settings { api_key: Secret("«!alnum32»"), region: "eu" }',
    "System.ArgumentException: Keyword not supported. ConnectionString='Data Source=db;User Id=sa;Pwd=«!plainpw»'",
    'appsettings.json: "ConnectionStrings": {"Default": "Host=db;Username=«word»;Password=«!plainpw»"}',
    "az storage blob list --account-key «!azkey» -c logs",
    "gsutil: OAuth2 refresh_token=1//0«!urlsafe60»",
    "kubectl config set-credentials admin --token=«!opaque»",
    "kubeadm join «ip»:6443 --token «!kubeadm» --discovery-token-ca-cert-hash sha256:«hex64»",
    "k3s server --token «!opaque» --cluster-init",
    "etcdctl --user root:«!plainpw» get /",
    "nomad: NOMAD_TOKEN=«!uuid»",
    "rclone: config create s3 access_key_id «!akia» secret_access_key «!awssecret»",
    "s3cmd --access_key=«!akia» --secret_key=«!awssecret» ls",
    "restic: RESTIC_PASSWORD=«!plainpw» snapshots",
    "borg: BORG_PASSPHRASE='«!plainpw»' create",
    "duplicity ftp://«word»:«!urlpw»@backup.example/dir",
    "mount -t cifs //nas/x /mnt -o username=«word»,password=«!plainpw»,vers=3",
    "openvpn: auth-user-pass: user '«word»' password '«!plainpw»'",
    'wpa_supplicant: psk="«!plainpw»"',
    "hostapd wpa_passphrase=«!plainpw»",
    'radius: Cleartext-Password := "«!plainpw»"',
    "radtest «word» «!plainpw» localhost 0 testing123",
    "cisco: tacacs-server key «!plainpw»",
    "mosquitto_sub -u «word» -P «!plainpw» -t '#'",
    'mqtt connect options {"username":"«word»","password":"«!plainpw»","keepalive":60}',
    "ffmpeg -i rtsp://admin:«!urlpw»@«ip»/h264 out.mp4",
    "git credential fill => protocol=https host=github.com username=x password=«!ghp»",
    'composer: auth.json {"github-oauth":{"github.com":"«!gho»"}}',
    ".npmrc: //npm.pkg.github.com/:_authToken=«!ghp»",
    "bundle config gems.example.com «word»:«!plainpw»",
    "maven settings: <server><id>nexus</id><username>ci</username><password>«!plainpw»</password></server>",
    "gradle.properties: nexusPassword=«!plainpw»",
    'sbt: credentials += Credentials("Realm", "host", "ci", "«!plainpw»")',
    "jenkins: withCredentials printed API_TOKEN=«!hex34»",
    "travis: echo $GH_TOKEN -> «!ghp»",
    "[buildkite] BUILDKITE_AGENT_TOKEN=«!alnum50»",
    "sentry-cli --auth-token «!hex64» releases new",
    "newrelic-infra.yml: license_key: «!hex36»NRAL",
    'dd-agent: {"api_key":"«!hex32»","app_key":"«!hex40»"}',
    "segment: writeKey=«!alnum32» track failed",
    'mixpanel project token "«!hex32»"',
    "twilio.rest: auth=('AC«hex32»', '«!hex32»')",
    "nexmo api_key=«hex8»&api_secret=«!alnum16»",
    "stripe: Authorization: Bearer «!sklive»",
    "paypal: client_id=A«urlsafe60» secret=E«!urlsafe60»",
    "braintree private_key=«!hex32»",
    "shopify webhook hmac secret «!hex64» mismatch",
    "oauth: code=«!opaque» exchanged for token_type=bearer access_token=«!opaque»",
    'saml: <ds:X509Certificate>ok</ds:X509Certificate> relay pass phrase "«!plainpw»"',
    "session: Set-Cookie: sid=«!opaque»; Secure",
    "Cookie: _session_id=«!hex32»; locale=en",
    "websocket: Sec-WebSocket-Protocol: token, «!jwt»",
    'graphql variables: {"input":{"login":"«word»","newPassword":"«!plainpw»"}}',
    "grpc metadata: map[authorization:[Bearer «!jwt»] user-agent:[grpc-go]]",
    "X-Gitlab-Token: «!opaque»",
    "x-hub-token=«!opaque»",
    "X-Shopify-Hmac ok, X-Auth-Token: «!opaque»",
    "sms: Your password has been reset to «!plainpw»",
    "INFO created user «word» with password «!plainpw»",
    "INFO default credentials: admin / «!plainpw»",
    "WARN weak password '«!plainpw»' for user «word»",
    "Invalid login: «word»:«!plainpw»",
    'login failed for «word» (tried password "«!plainpw»")',
    "Kunde zahlt mit Karte «!card», gültig 11/27",
    "IBAN: «!iban» BIC: DEUTDEFF",
    "ERROR cannot mail «!email»: mailbox full",
    "vault kv put secret/db password=«!plainpw»",
    "vault write auth/approle/login role_id=«uuid» secret_id=«!uuid»",
    "consul acl token SecretID: «!uuid»",
    'terraform: + token = "«!opaque»"',
    "pulumi config set --secret dbPassword «!plainpw»",
    'ansible: {"changed": false, "invocation": {"module_args": {"login_password": "«!plainpw»", "name": "x"}}}',
    "salt: pillar={'mysql': {'root_pw': '«!plainpw»'}}",
    "chef: node['db']['password'] = '«!plainpw»'",
    "puppet: Notice: password changed from '«!plainpw»' to '«!plainpw»'",
    'systemd: Environment="DB_PASS=«!plainpw»" "PORT=1"',
    "docker run -e MYSQL_ROOT_PASSWORD=«!plainpw» -d mysql",
    "docker-compose:   MYSQL_PASSWORD: «!plainpw»",
    "cmdline: java -jar x.jar --spring.datasource.password=«!plainpw»",
    "ps: root 812 mysqld --password=«!plainpw» --user=m",
    'auditd: proctitle="curl -u «word»:«!plainpw» http://x"',
    "snowflake: PRIVATE_KEY_PASSPHRASE=«!plainpw»",
    'mongo: db.auth("«word»", "«!plainpw»")',
    "cqlsh -u cassandra -p «!plainpw» «ip»",
    'psql "postgresql://«word»:«!urlpw»@db/x?sslmode=require"',
    "CREATE SECRET s (TYPE s3, KEY_ID '«!akia»', SECRET '«!awssecret»')",
    "COPY t FROM 's3://b' CREDENTIALS 'aws_access_key_id=«!akia»;aws_secret_access_key=«!awssecret»'",
    "elastic: xpack.security bootstrap.password: «!plainpw»",
    "Password for the elastic user is: «!opaque»",
    "kibana: elasticsearch.serviceAccountToken: «!opaque»",
    "minio: RootUser: admin RootPass: «!plainpw»",
    "nats: authorization { user: a, password: «!plainpw» }",
    "rabbitmqctl add_user «word» «!plainpw»",
    "zookeeper: addauth digest «word»:«!plainpw»",
]
"""Written after what the others missed was mended: at first sight 75.6 % of these were hidden."""

LATER_CLEAN = [
    "INFO  [main] o.a.k.c.consumer.ConsumerConfig: ssl.key.password = null sasl.jaas.config = null group.id = «word»",
    "kafka: ssl.keystore.password = [hidden] ssl.truststore.password = [hidden]",
    "HikariPool-1 - password........................<masked>",
    "PASSWORD(hash) algorithm argon2id t=3 m=65536 p=4",
    "gitea: SSH key SHA256:«b64fp» added for «word»",
    'nginx cache key "GEThttps://«word».example/«hex32»"',
    "Varnish: XID «digits9» hash «hex64»",
    "commit-graph «hex40» parents «hex40» «hex40»",
    "CI_COMMIT_SHA=«hex40» CI_PIPELINE_ID=«digits9» CI_JOB_NAME=test",
    "GITHUB_SHA=«hex40» GITHUB_RUN_ID=«digits9» GITHUB_TOKEN=***",
    "Image ID: sha256:«hex64» Image digest: «hex64»",
    "docker: a«hex11»: Layer already exists",
    "helm: release «word» revision «small» chart api-1.2.«small» digest «hex64»",
    "argocd: comparing revision «hex40» with «hex40»",
    "flux: stored artifact for revision 'main@sha1:«hex40»'",
    "elasticsearch: [node-«small»][«urlsafe22»][«ip»:9300] joined",
    "_id=«urlsafe20» _version=«small» _seq_no=«digits6» routing=«word»",
    'mongodb: ObjectId("«hex24»") lsid «uuid» txnNumber «small»',
    "cassandra: token range («digits18», «digits18»] repaired",
    "cassandra host id «uuid» tokens=256",
    "redis: key 'session:«uuid»' expired; keys=«digits6» expires=«small»",
    "consul: index=«digits9» session «uuid» invalidated",
    "etcd key /registry/secrets/default/«word»-db revision «digits9»",
    "k8s: secret/«word»-db created; secret/«word»-tls unchanged",
    'Secret "«word»-db" is forbidden: cannot get resource "secrets"',
    "cert-manager: CertificateRequest «word»-«lower5» approved, serial «hex32»",
    "vault: lease_id=database/creds/«word»/«alnum24» ttl=3600",
    "vault audit: accessor=hmac-sha256:«hex64»",
    "keycloak: type=LOGIN_ERROR, clientId=«word», error=invalid_user_credentials, auth_method=openid-connect, code_id=«uuid»",
    "oauth2: invalid_grant: Token has been expired or revoked",
    "jwt: kid=«hex40» alg=RS256 iss=https://«word».example exp=«unix»",
    'sshd: Connection from «ip» port «digits6» rdomain "" key type ssh-ed25519',
    "dovecot: auth: passwd-file(«word»,«ip»): unknown user",
    "postfix: «upper10»: client=mx[«ip»], sasl_method=LOGIN, sasl_username=«word»",
    "SMTP AUTH LOGIN PLAIN CRAM-MD5",
    "ftp> PASS required",
    "POST /reset-password 200 «small»ms id=«uuid»",
    "GET /v1/tokens/«uuid»/status 200",
    "GET /keys/«hex16».pub 404",
    "passwords do not match; password strength: 3/4",
    "password policy: min_length=12, history=5",
    "Enter passphrase for key '/home/«word»/.ssh/id_rsa':",
    "api key quota exceeded for project «word»-«small»",
    "API key expiration: «iso»",
    "unseal progress 2/3 nonce «uuid»",
    "encryption key rotated, id «uuid»",
    "aws kms: CiphertextBlob AQICAHh«b64long» KeyId arn:aws:kms:eu-west-1:«digits12»:key/«uuid»",
    "sha512sum «hex128»",
    "pip hash sha256:«hex64» from cache",
    "npm integrity sha512-«b64sum»==",
    "java: class file hash 0x«hex8», jar sha1 «hex40»",
    "android: ANDROID_ID «hex16» fingerprint google/panther/panther:14/UP1A.«digits6».005/«digits9»:user/release-keys",
    "stack: at login (https://«word».example/static/js/main.«hex8».chunk.js:1:«digits6»)",
    "browser: blob:https://«word».example/«uuid»",
    "gcs: generation «digits18» crc32c=«alnum6»== md5Hash=«b64md5»",
    "tls: ECDHE-RSA-AES128-GCM-SHA256 session ticket key rotated",
    "wireguard: handshake with peer «small» («ip»:51820) public key «wgkey»",
    "uuid v7 «uuid» ulid «ulid»",
    "order=«digits9» customer=«digits9» total=12.«small» token_count=«small»",
    'openai usage: {"prompt_tokens": «small», "completion_tokens": «small», "cached_tokens": 0}',
    "tokenization: vocab hash «hex32», special token ids [«small», «small»]",
    "lock token opaquelocktoken:«uuid»",
    "csrf: token mismatch for session of user «word»",
    "next_cursor=«b64line» has_more=true",
    "etag=«hex32» x-request-id=«hex32»",
    "base64 screenshot: iVBORw0KGgo«b64long»",
    "core: SIGSEGV at 0x«hex12» build «hex40»",
]
"""At first sight 6 % of these, four forms of 67, were touched."""


class Values:
    """Draws what a template's slots stand for."""

    def __init__(self, make: Maker) -> None:
        self.make = make

    def __call__(self, name: str) -> str:
        """Give a value of a kind: a drawn one where the kind has a method here, else `<letters><count>`."""
        method: Callable[[], str] | None = getattr(self, f"_{name}", None)
        if method is not None:
            return method()
        letters, count = re.fullmatch(r"([a-z]+)(\d+)", name).groups()  # type: ignore[union-attr]
        return self.make.of(LETTERS[letters], int(count))

    def _word(self) -> str:
        return self.make.one(*WORDS)

    _word2 = _word

    def _small(self) -> str:
        return str(self.make.random.randint(10, 99))

    def _unix(self) -> str:
        return str(self.make.random.randint(1_700_000_000, 1_799_999_999))

    def _nanos(self) -> str:
        return f"17{self.make.of(string.digits, 17)}"

    def _iso(self) -> str:
        return self.make.time()

    def _uuid(self) -> str:
        return self.make.uuid()

    def _ip(self) -> str:
        return f"10.{self._small()}.{self._small()}.{self._small()}"

    def _mac(self) -> str:
        return ":".join(self.make.of(HEX, 2) for _ in range(6))

    def _colons16(self) -> str:
        return ":".join(self.make.of(HEX, 2) for _ in range(16))

    def _colons20(self) -> str:
        return ":".join(self.make.of(HEX, 2).upper() for _ in range(20))

    def _ulid(self) -> str:
        return "01J" + self.make.of(CROCKFORD, 23)

    def _kubeadm(self) -> str:
        return f"{self.make.of(HEX, 6)}.{self.make.of(HEX, 16)}"

    def _hex4up(self) -> str:
        return self.make.of(HEX, 4).upper()

    def _plainpw(self) -> str:
        pick, word = self.make.random, self._word
        return pick.choice(
            [
                lambda: f"{word().title()}{pick.randint(100, 9999)}{pick.choice('!?$*')}",
                lambda: f"{word()}{pick.choice('_.-')}{word().upper()}{pick.randint(1, 999)}",
                lambda: self.make.of(ALNUM, pick.randint(9, 22)),
                lambda: "Zq" + self.make.of(ALNUM + "!?*^~+_", pick.randint(8, 18)) + "4x",
                lambda: f"{word()[:3]}{self.make.of(LOWER, 6)}",
                lambda: f"my{word()}pass{pick.randint(1, 99)}",
                lambda: pick.choice(
                    ["changeme!", "letmein1", "s3cr3tWord", "hunter2hunter2", "qwerty-12345", "Winter2026!"]
                ),
            ]
        )()

    def _urlpw(self) -> str:
        return re.sub(r"[^A-Za-z0-9._~-]", lambda found: f"%{ord(found[0]):02X}", self._plainpw())

    def _b64pw(self) -> str:
        return base64.b64encode(self._plainpw().encode()).decode()

    def _b64word(self) -> str:
        return base64.b64encode(self._word().encode()).decode()

    def _basic(self) -> str:
        return base64.b64encode(f"{self._word()}:{self._plainpw()}".encode()).decode()

    def _email(self) -> str:
        return f"{self._word()}{self.make.one('.', '_', '')}{self._word()}{self._small()}@{self.make.one('posteo.example.de', 'firma.example', 'uni.example.edu', 'mail.example.jp')}"

    def _urlemail(self) -> str:
        return self._email().replace("@", "%40")

    def _card(self) -> str:
        return self.make.card()

    def _iban(self) -> str:
        return self.make.iban()

    def _jwt(self) -> str:
        return self.make.jwt()

    def _akia(self) -> str:
        return self.make.one("AKIA", "ASIA") + self.make.of(string.ascii_uppercase + "234567", 16)

    def _awssecret(self) -> str:
        return self.make.of(B64, 40)

    def _gapi(self) -> str:
        return "AIza" + self.make.of(URL_SAFE, 35)

    def _gocspx(self) -> str:
        return self.make.of(URL_SAFE, 28)

    def _ya29(self) -> str:
        return "a0" + self.make.of(URL_SAFE, 160)

    def _azkey(self) -> str:
        return base64.b64encode(self.make.random.randbytes(64)).decode()

    def _azsecret(self) -> str:
        return f"{self.make.of(ALNUM, 3)}8Q~{self.make.of(ALNUM + '_.~', 33)}a"

    def _urlsig(self) -> str:
        return self._b64key32().replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")

    def _b64key32(self) -> str:
        return base64.b64encode(self.make.random.randbytes(32)).decode()

    def _b64key33(self) -> str:
        return base64.b64encode(self.make.random.randbytes(33)).decode()

    def _wgkey(self) -> str:
        return self._b64key32()

    def _b64md5(self) -> str:
        return base64.b64encode(self.make.random.randbytes(16)).decode()

    def _b64fp(self) -> str:
        return self._b64key32().rstrip("=")

    def _b64fp28(self) -> str:
        return base64.b64encode(self.make.random.randbytes(20)).decode()

    def _b64sri(self) -> str:
        return base64.b64encode(self.make.random.randbytes(48)).decode()

    def _b64sum(self) -> str:
        return self.make.of(B64, 86)

    def _b64salt(self) -> str:
        return self.make.of(B64, 22)

    def _b64long(self) -> str:
        return self.make.of(B64, self.make.random.randint(90, 400))

    def _b64line(self) -> str:
        return self.make.of(B64, 64)

    def _b64tail(self) -> str:
        return self.make.of(B64, 30) + "=="

    def _urltoken(self) -> str:
        return self.make.of(ALNUM, 120) + "%2F" + self.make.of(ALNUM, 80) + "%3D"

    def _ghs(self) -> str:
        return "ghs_" + self.make.of(ALNUM, 36)

    def _ghp(self) -> str:
        return "ghp_" + self.make.of(ALNUM, 36)

    def _gho(self) -> str:
        return "gho_" + self.make.of(ALNUM, 36)

    def _ghpat(self) -> str:
        return f"github_pat_{self.make.of(ALNUM, 22)}_{self.make.of(ALNUM, 59)}"

    def _glpat(self) -> str:
        return "glpat-" + self.make.of(URL_SAFE, 20)

    def _glcbt(self) -> str:
        return f"glcbt-{self.make.of(HEX, 2)}_{self.make.of(URL_SAFE, 20)}"

    def _xoxb(self) -> str:
        return f"xoxb-{self.make.of(string.digits, 12)}-{self.make.of(string.digits, 13)}-{self.make.of(ALNUM, 24)}"

    def _xapp(self) -> str:
        return f"xapp-1-A{self.make.of(UPPER, 10)}-{self.make.of(string.digits, 13)}-{self.make.of(HEX, 64)}"

    def _slackhook(self) -> str:
        return f"T{self.make.of(UPPER, 10)}/B{self.make.of(UPPER, 10)}/{self.make.of(ALNUM, 24)}"

    def _sklive(self) -> str:
        return "sk_live_" + self.make.of(ALNUM, 24)

    def _rklive(self) -> str:
        return "rk_live_51" + self.make.of(ALNUM, 97)

    def _whsec(self) -> str:
        return "whsec_" + self.make.of(HEX, 64)

    def _skproj(self) -> str:
        return f"sk-proj-{self.make.of(URL_SAFE, 74)}T3BlbkFJ{self.make.of(URL_SAFE, 74)}"

    def _skant(self) -> str:
        return f"sk-ant-api03-{self.make.of(URL_SAFE, 93)}AA"

    def _hf(self) -> str:
        return "hf_" + self.make.of(string.ascii_letters, 34)

    def _gsk(self) -> str:
        return "gsk_" + self.make.of(ALNUM, 52)

    def _npm(self) -> str:
        return "npm_" + self.make.of(ALNUM, 36)

    def _pypi(self) -> str:
        return "pypi-AgEIcHlwaS5vcmc" + self.make.of(URL_SAFE, 120)

    def _dckr(self) -> str:
        return "dckr_pat_" + self.make.of(URL_SAFE, 27)

    def _sg(self) -> str:
        return f"{self.make.of(URL_SAFE, 22)}.{self.make.of(URL_SAFE, 43)}"

    def _telegram(self) -> str:
        return f"{self.make.of(string.digits, 10)}:AA{self.make.of(URL_SAFE, 33)}"

    def _discord(self) -> str:
        return f"MT{self.make.of(ALNUM, 24)}.G{self.make.of(ALNUM, 5)}.{self.make.of(URL_SAFE, 38)}"

    def _opaque(self) -> str:
        return self.make.of(URL_SAFE, self.make.random.randint(24, 60)).strip("-_") + "9a"

    def _django(self) -> str:
        return "7" + self.make.of(LOWER + "!@#$%^&*(-_=+)", 47) + "q"

    def _eyjcookie(self) -> str:
        return base64.b64encode(json.dumps({"iv": self._b64md5(), "value": self._b64key32()}).encode()).decode()

    def _base32(self) -> str:
        return self.make.of(string.ascii_uppercase + "234567", 32)

    def _crypt86(self) -> str:
        return self.make.of(ALNUM + "./", 86)

    def _bcrypt53(self) -> str:
        return self.make.of(ALNUM + "./", 53)

    def _argon43(self) -> str:
        return self.make.of(B64, 43)


LETTERS = {
    "hex": HEX,
    "hexup": HEX.upper(),
    "digits": string.digits,
    "lower": LOWER,
    "upper": UPPER,
    "alnum": ALNUM,
    "urlsafe": URL_SAFE,
}


def leaking_templates(count: int, *, seed: int, later: bool = False) -> Iterator[Leak]:
    """Give log text with secrets; each template in turn, of those that were written first or `later`."""
    draw = Values(Maker(seed))
    forms = {"later": LATER_LEAKS} if later else LEAKS
    every = [(kind, template) for kind, templates in forms.items() for template in templates]
    for place in range(count):
        kind, template = every[place % len(every)]
        yield filled(template, kind, draw)


def clean_templates(count: int, *, seed: int, later: bool = False) -> Iterator[str]:
    """Give log text without a secret; each template in turn, of those that were written first or `later`."""
    draw = Values(Maker(seed))
    forms = LATER_CLEAN if later else CLEAN
    for place in range(count):
        yield filled(forms[place % len(forms)], "", draw).text


def filled(template: str, kind: str, draw: Values) -> Leak:
    """Draw a value for each slot of a template."""
    secrets = []

    def drawn(slot: re.Match[str]) -> str:
        value = draw(slot[2])
        if slot[1]:
            secrets.append(value)
        return value

    return Leak(SLOT.sub(drawn, template), tuple(secrets), kind)
