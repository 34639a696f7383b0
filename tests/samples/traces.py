"""Stack traces and banners as the runtimes print them."""
# ruff: noqa: E501  (log lines are as long as the programs write them)

RELAY = "smtp-relay-01.mail.internal"

ENTITLEMENTS_TRACE = """\
	at com.example.auth.session.EntitlementTree.expand(EntitlementTree.java:118)
	at com.example.auth.session.SessionFactory.create(SessionFactory.java:64)
	at com.example.auth.session.SessionCache.put(SessionCache.java:91)
	at com.example.auth.login.LoginService.login(LoginService.java:73)
	at com.example.auth.login.LoginController.login(LoginController.java:48)"""

SPRING_TRACE = """\
	at org.springframework.web.servlet.DispatcherServlet.doDispatch(DispatcherServlet.java:1104)
	at org.springframework.web.servlet.DispatcherServlet.doService(DispatcherServlet.java:979)
	at org.springframework.web.servlet.FrameworkServlet.processRequest(FrameworkServlet.java:1014)
	at org.springframework.web.servlet.FrameworkServlet.doPost(FrameworkServlet.java:914)
	at jakarta.servlet.http.HttpServlet.service(HttpServlet.java:590)
	at org.apache.catalina.core.ApplicationFilterChain.doFilter(ApplicationFilterChain.java:140)
	at org.apache.tomcat.util.net.SocketProcessorBase.run(SocketProcessorBase.java:52)
	at java.base/java.lang.Thread.run(Thread.java:1583)"""

ALLOCATIONS = (
    "\tat java.base/java.util.Arrays.copyOf(Arrays.java:3541)\n\tat java.base/java.util.ArrayList.grow(ArrayList.java:237)",
    "\tat java.base/java.util.HashMap.resize(HashMap.java:702)\n\tat java.base/java.util.HashMap.putVal(HashMap.java:661)",
    "\tat java.base/java.util.Arrays.copyOfRange(Arrays.java:3849)\n\tat java.base/java.lang.StringLatin1.newString(StringLatin1.java:768)",
)

JWKS_TRACE = """\
org.springframework.web.client.ResourceAccessException: I/O error on GET request for \
"https://idp.example.com/.well-known/jwks.json": Read timed out
	at org.springframework.web.client.RestTemplate.createResourceAccessException(RestTemplate.java:926)
	at org.springframework.web.client.RestTemplate.doExecute(RestTemplate.java:906)
	at com.example.auth.keys.JwksRefresher.refresh(JwksRefresher.java:57)
	at org.springframework.scheduling.support.ScheduledMethodRunnable.run(ScheduledMethodRunnable.java:130)
	at java.base/java.lang.Thread.run(Thread.java:1583)
Caused by: java.net.SocketTimeoutException: Read timed out
	at java.base/sun.nio.ch.NioSocketImpl.timedRead(NioSocketImpl.java:278)
	at java.base/sun.nio.ch.NioSocketImpl.implRead(NioSocketImpl.java:304)
	at java.base/java.net.Socket$SocketInputStream.implRead(Socket.java:1108)
	... 9 common frames omitted"""

BANNER = """\

 -------------- celery@notif-worker-0 v5.5.3 (immunity)
--- ***** -----
-- ******* ---- Linux-6.12.48-x86_64-with-glibc2.41 2026-11-18 09:15:58
- *** --- * ---
- ** ---------- [config]
- ** ---------- .> app:         notif:0x7f3c5a1b2d90
- ** ---------- .> transport:   redis://redis-notif.internal:6379/0
- ** ---------- .> results:     disabled://
- *** --- * --- .> concurrency: 4 (prefork)
-- ******* ---- .> task events: OFF (enable -E to monitor tasks in this worker)
--- ***** -----
 -------------- [queues]
                .> email            exchange=email(direct) key=email
                .> push             exchange=push(direct) key=push


[tasks]
  . notif.tasks.send_email
  . notif.tasks.send_push
"""

TRACE_HEAD = """\
Traceback (most recent call last):
  File "/opt/notif/lib/python3.13/site-packages/celery/app/trace.py", line 453, in trace_task
    R = retval = fun(*args, **kwargs)
                 ~~~^^^^^^^^^^^^^^^^^
  File "/opt/notif/lib/python3.13/site-packages/celery/app/trace.py", line 736, in __protected_call__
    return self.run(*args, **kwargs)
           ~~~~~~~~^^^^^^^^^^^^^^^^^
  File "/opt/notif/app/notif/tasks.py", line 61, in send_email
    with self.relay.session() as session:
         ~~~~~~~~~~~~~~~~~~^^
  File "/opt/notif/app/notif/smtp.py", line 38, in session"""

REFUSED_TRACE = f"""{TRACE_HEAD}
    client = smtplib.SMTP(self.host, self.port, timeout=self.timeout)
  File "/usr/lib/python3.13/smtplib.py", line 255, in __init__
    (code, msg) = self.connect(host, port)
                  ~~~~~~~~~~~~^^^^^^^^^^^^
  File "/usr/lib/python3.13/smtplib.py", line 341, in connect
    self.sock = self._get_socket(host, port, self.timeout)
                ~~~~~~~~~~~~~~~~^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/usr/lib/python3.13/socket.py", line 864, in create_connection
    raise exceptions[0]
  File "/usr/lib/python3.13/socket.py", line 849, in create_connection
    sock.connect(sa)
    ~~~~~~~~~~~~^^^^
ConnectionRefusedError: [Errno 111] Connection refused"""

GREETING_TRACE = f"""{TRACE_HEAD}
    client = smtplib.SMTP(self.host, self.port, timeout=self.timeout)
  File "/usr/lib/python3.13/smtplib.py", line 258, in __init__
    raise SMTPConnectError(code, msg)
smtplib.SMTPConnectError: (421, b'4.3.2 {RELAY} Service not available, closing transmission channel')"""

RENDER_TRACE = """\
Traceback (most recent call last):
  File "/opt/notif/app/notif/tasks.py", line 57, in send_email
    body = render(template, context)
  File "/opt/notif/app/notif/render.py", line 29, in render
    return env.get_template(name).render(context)
jinja2.exceptions.UndefinedError: 'dict object' has no attribute 'delivery_window'"""

PARQUET_TRACE = """\
Traceback (most recent call last):
  File "/opt/etl/etl_daily/extract.py", line 94, in _check_footer
    metadata = pq.read_metadata(handle)
               ^^^^^^^^^^^^^^^^^^^^^^^^
  File "/opt/etl/venv/lib/python3.12/site-packages/pyarrow/parquet/core.py", line 2303, in read_metadata
    return ParquetFile(where, memory_map=memory_map).metadata
           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "pyarrow/_parquet.pyx", line 1656, in pyarrow._parquet.ParquetReader.open
  File "pyarrow/error.pxi", line 92, in pyarrow.lib.check_status
pyarrow.lib.ArrowInvalid: Parquet magic bytes not found in footer. Either the file is corrupted or this is not a parquet file."""

FETCH_TRACE = """\
java.net.SocketTimeoutException: Read timed out
	at java.base/sun.nio.ch.NioSocketImpl.timedRead(NioSocketImpl.java:278)
	at org.apache.hadoop.fs.s3a.S3AInputStream.lambda$read$3(S3AInputStream.java:564)
	at org.apache.parquet.hadoop.ParquetFileReader$ConsecutivePartList.readAll(ParquetFileReader.java:1867)
	at org.apache.spark.scheduler.Task.run(Task.scala:141)
	at org.apache.spark.executor.Executor$TaskRunner.run(Executor.scala:620)
"""

WRITE_FAILED = "[TASK_WRITE_FAILED] Task failed while writing rows to file:/data/warehouse/fact_orders. SQLSTATE: 58030"

WRITE_TRACE = f"""\
org.apache.spark.SparkException: {WRITE_FAILED}
	at org.apache.spark.sql.errors.QueryExecutionErrors$.taskFailedWhileWritingRowsError(QueryExecutionErrors.scala:774)
	at org.apache.spark.sql.execution.datasources.FileFormatWriter$.executeTask(FileFormatWriter.scala:421)
	at org.apache.spark.sql.execution.datasources.WriteFilesExec.$anonfun$doExecuteWrite$1(WriteFiles.scala:100)
	at org.apache.spark.scheduler.ResultTask.runTask(ResultTask.scala:93)
	at org.apache.spark.scheduler.Task.run(Task.scala:141)
	at org.apache.spark.executor.Executor$TaskRunner.run(Executor.scala:620)
Caused by: java.io.IOException: No space left on device
	at java.base/java.io.FileOutputStream.writeBytes(Native Method)
	at java.base/java.io.FileOutputStream.write(FileOutputStream.java:367)
	at org.apache.hadoop.fs.RawLocalFileSystem$LocalFSFileOutputStream.write(RawLocalFileSystem.java:346)
	at java.base/java.io.BufferedOutputStream.flush(BufferedOutputStream.java:252)
	at org.apache.parquet.hadoop.ParquetFileWriter.writeColumnChunk(ParquetFileWriter.java:761)
	at org.apache.parquet.hadoop.InternalParquetRecordWriter.flushRowGroupToStore(InternalParquetRecordWriter.java:186)
	... 12 more
"""

DRIVER_TRACE = """\
Traceback (most recent call last):
  File "/opt/etl/etl_daily/run.py", line 71, in main
    stage(context)
  File "/opt/etl/etl_daily/load.py", line 58, in load
    frame.write.mode("overwrite").partitionBy("dt").parquet(target)
  File "/opt/spark/python/pyspark/sql/readwriter.py", line 1721, in parquet
    self._jwrite.parquet(path)
  File "/opt/spark/python/lib/py4j-0.10.9.7-src.zip/py4j/java_gateway.py", line 1322, in __call__
    return_value = get_return_value(
                   ^^^^^^^^^^^^^^^^^
  File "/opt/spark/python/lib/py4j-0.10.9.7-src.zip/py4j/protocol.py", line 326, in get_return_value
    raise Py4JJavaError(
py4j.protocol.Py4JJavaError: An error occurred while calling o412.parquet.
: org.apache.spark.SparkException: Job aborted due to stage failure: Task {task} in stage 12.0 failed 4 times, most recent \
failure: Lost task {task}.3 in stage 12.0 (TID {tid}) (wh-node-3.internal executor 3): java.io.IOException: No space left on device"""
