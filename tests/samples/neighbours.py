"""The files beside each log: configuration with the settings that matter, and an inventory."""

PAYMENT_CONFIG = """\
# payment-svc, production. Overridden by environment (PAYMENT_*).
server:
  listen: ":8080"
  request_timeout: 15s
database:
  host: pg-pay-01.db.internal   # primary only; the replica pg-pay-02 is read-only and not used here
  port: 5432
  name: payments
  user: payment
  password_env: PAYMENT_DB_PASSWORD
  sslmode: verify-full
  pool_max_conns: 20
  pool_min_conns: 4
  dial_timeout: 5s
  statement_timeout: 5s
  reconnect:
    max_attempts: 5
    backoff: exponential        # 1s, 2s, 4s, 8s, 16s, then the process exits
psp:
  base_url: https://psp.example.com/v3
  timeout: 3s
  retries: 2
settlement:
  schedule: "*/5 * * * *"
  batch_size: 200
log:
  level: info
  encoding: json
"""

PAYMENT_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: payment-svc
  namespace: shop
spec:
  replicas: 2
  template:
    spec:
      restartPolicy: Always
      containers:
        - name: payment-svc
          image: registry.internal/shop/payment-svc:4.8.2
          ports: [{containerPort: 8080}]
          readinessProbe: {httpGet: {path: /healthz, port: 8080}, periodSeconds: 5, failureThreshold: 3}
          resources:
            requests: {cpu: 250m, memory: 128Mi}
            limits: {cpu: "1", memory: 256Mi}
          envFrom: [{secretRef: {name: payment-svc-db}}]
"""

AUTH_APPLICATION = """\
# auth-svc, profile "prod"
spring:
  application: {name: auth-svc}
  datasource:
    url: jdbc:postgresql://pg-auth-01.db.internal:5432/auth
    username: auth
    password: ${AUTH_DB_PASSWORD}
    hikari: {maximum-pool-size: 10}
server:
  port: 8080
  shutdown: graceful
  tomcat: {threads: {max: 50}}
auth:
  issuer: https://login.example.com
  jwks-uri: https://idp.example.com/.well-known/jwks.json
  session-cache:
    ttl: 12h
    # maximum-size: 20000     was dropped with the move to SessionCache v2 (2.14.0)
    store-entitlements: true  # new in 2.14.0: the whole entitlement tree travels with the session
"""

AUTH_JVM_OPTIONS = """\
-Xms512m
-Xmx512m
-XX:+UseG1GC
-XX:+HeapDumpOnOutOfMemoryError
-XX:HeapDumpPath=/var/lib/auth-svc/dumps
-Xlog:gc=info,gc+init=info:stdout:time,level,tags
-Duser.timezone=UTC
"""

NOTIF_CONFIG = """\
# notif-worker, production
celery:
  broker: redis://redis-notif.internal:6379/0
  concurrency: 4
  task_acks_late: true
smtp:
  host: smtp-relay-01.mail.internal   # 10.20.9.25; the only relay, smtp-relay-02 was retired on 2026-10-30
  port: 587
  starttls: true
  connect_timeout_seconds: 10
  fallback_hosts: []
circuit_breaker:
  failures_to_open: 5
  half_open_after_seconds: 120
retry:
  max_retries: 12
  backoff_seconds: 30
intake:
  listen: 0.0.0.0:8090
  queue_high_water: 400               # above it, new notifications are answered 503
"""

NOTIF_CRONTAB = """\
# m h dom mon dow command
*/15 * * * * notif  /opt/notif/bin/prune-templates-cache --quiet
7 4 * * *    notif  /opt/notif/bin/bounce-report --to postmaster@example.com
"""

ETL_JOB = """\
# etl-daily: yesterday's orders into the warehouse. Started by cron at 09:30 UTC, when the last region has closed.
run:
  business_date: "{{ yesterday }}"
  retries: 1
  retry_delay_minutes: 5
extract:
  source: s3a://shop-lake/raw
  on_corrupt_file: skip          # moved to quarantine/ and reported, up to max_corrupt_files
  max_corrupt_files: 3
transform:
  shuffle_partitions: 96
load:
  warehouse_dir: /data/warehouse
  table: fact_orders
  bucketed_by: [customer_region] # a bucket lives on one node, so its tasks are only run there
  min_free_percent_warn: 15
  min_free_percent_fail: null    # unset: the load goes ahead whatever is free
  keep_partitions_days: 730
"""

ETL_SPARK = """\
spark.master                      spark://spark-master.internal:7077
spark.executor.instances          4
spark.executor.cores              4
spark.executor.memory             6g
spark.task.maxFailures            4
spark.locality.wait               1h
spark.local.dir                   /data/spark-local    # same volume as the warehouse
spark.sql.sources.partitionOverwriteMode dynamic
"""

ETL_CAPACITY = """\
# df -h /data on each warehouse node, written by the 06:00 inventory job
node        size  used avail use%
wh-node-1   500G  312G  188G  63%
wh-node-2   500G  318G  182G  64%
wh-node-3   500G  461G   39G  93%
wh-node-4   500G  309G  191G  62%
"""

GATEWAY_NGINX = """\
worker_processes 2;
error_log /dev/stderr notice;
events { worker_connections 4096; }
http {
  log_format edge '$remote_addr - - [$time_local] "$request" $status $body_bytes_sent "$http_user_agent" '
                  'rid=$request_id us=$proxy_host ua=$upstream_addr urt=$upstream_response_time rt=$request_time';
  access_log /dev/stdout edge;
  include upstreams.conf;
  limit_req_zone $binary_remote_addr zone=perip:10m rate=20r/s;
  lua_shared_dict healthcheck 1m;
  init_worker_by_lua_file lua/healthcheck_start.lua;  # GET /healthz every 5 s, fall 3, rise 2
  server {
    listen 8443 ssl;
    server_name api.example.com;
    client_max_body_size 8m;
    proxy_connect_timeout 2s;
    proxy_read_timeout 10s;
    proxy_set_header X-Request-Id $request_id;
    location /api/v1/payments      { proxy_pass http://payment_svc; }
    location /api/v1/login         { proxy_pass http://auth_svc; }
    location /api/v1/token         { proxy_pass http://auth_svc; }
    location /api/v1/notifications { proxy_pass http://notif_svc; }
    location /api/v1/products      { proxy_pass http://catalog_svc; }
    location /api/v1/search        { proxy_pass http://catalog_svc; }
    location = /readyz             { content_by_lua_file lua/readiness.lua; }  # 503 when fewer than 2 upstreams live
    location /                     { root html; }
  }
}
"""

GATEWAY_UPSTREAMS = """\
upstream payment_svc { server 10.20.1.41:8080; server 10.20.1.42:8080; keepalive 16; }
upstream auth_svc    { server 10.20.2.31:8080; server 10.20.2.32:8080; keepalive 16; }
upstream notif_svc   { server 10.20.3.11:8090; keepalive 4; }
upstream catalog_svc { server 10.20.4.61:8080; server 10.20.4.62:8080; server 10.20.4.63:8080; keepalive 16; }
"""
