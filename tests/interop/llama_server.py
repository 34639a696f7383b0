"""Serve a model by llama.cpp's own HTTP server until standard input ends; prints its address.

python llama_server.py MODEL.gguf CONTEXT_TOKENS [CHAT_TEMPLATE]
"""

import sys

import xllamacpp


def main(model: str, context: str, template: str = "") -> None:
    """Serve."""
    params = xllamacpp.CommonParams()
    params.model.path = model
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx = int(context)
    params.n_parallel = 1
    params.warmup = False
    params.use_jinja = True
    params.offline = True
    if template:
        params.chat_template = template
    server = xllamacpp.Server(params)
    sys.stdout.write(f"\nlistening at {server.listening_address}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
