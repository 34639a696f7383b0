"""Servers that we did not write, in a virtual environment of their own: LiteLLM's proxy, and llama.cpp's own server.

`make interop` makes the environment; without it the tests are skipped, and say so.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ANSWER", "KEY", "PYTHON", "QUOTE", "Server", "litellm_proxy", "llama_server", "write_tiny_model"]

HERE = Path(__file__).resolve().parent
PYTHON = Path(os.environ.get("LOGDEBUG_INTEROP_PYTHON", HERE.parent.parent / ".venv-interop" / "bin" / "python"))
KEY = "sk-interop"
QUOTE = {"quote": "connection to db-1:5432 refused", "line": 2, "file": None}
ANSWER = {
    "status": "diagnosed",
    "root_cause": "The database refuses connections.",
    "category": "dependency_failure",
    "severity": "high",
    "confidence": 0.9,
    "timeline": [],
    "evidence": [QUOTE],
    "recommendation": "Start it.",
    "absences": [],
}
_START_SECONDS = 240


@dataclass(frozen=True)
class Server:
    """Where a server listens, and with which key."""

    base_url: str
    key: str = "none"


@contextmanager
def litellm_proxy(upstream: str, home: Path) -> Iterator[Server]:
    """Run LiteLLM's proxy before mocked models, and before a provider on loopback.

    Parameters
    ----------
    upstream
        The provider's address.
    home
        Where its configuration and its log are written.
    """
    call = {
        "id": "call_1",
        "type": "function",
        "function": {"name": "submit_diagnosis", "arguments": json.dumps(ANSWER)},
    }
    models = {
        "chatty": {"mock_response": "Good morning! How can I help?"},
        "json": {"mock_response": f"Here it is:\n```json\n{json.dumps(ANSWER)}\n```"},
        "caller": {"mock_response": "", "mock_tool_calls": [call]},
        "busy": {"mock_response": "litellm.RateLimitError"},
        "broken": {"mock_response": "litellm.InternalServerError"},
        "long": {"mock_response": "litellm.ContextWindowExceededError"},
        "gateway": {"api_base": upstream},
        "deepseek": {"model": "deepseek/deepseek-chat", "api_base": upstream},
        "mistral": {"model": "mistral/mistral-small-latest", "api_base": upstream},
    }
    config = {
        "model_list": [
            {"model_name": name, "litellm_params": {"model": "openai/gpt-5-mini", "api_key": "x", **how}}
            for name, how in models.items()
        ],
        "general_settings": {"master_key": KEY},
        "router_settings": {"num_retries": 0, "disable_cooldowns": True},
    }
    (home / "config.yaml").write_text(json.dumps(config))  # JSON is YAML
    port = _free_port()
    command = [str(PYTHON.parent / "litellm"), "--config", "config.yaml", "--host", "127.0.0.1", "--port", str(port)]
    with _running(command, home):
        _wait_for(f"http://127.0.0.1:{port}/health/liveliness", home)
        yield Server(f"http://127.0.0.1:{port}/v1", KEY)


def write_tiny_model(path: Path) -> None:
    """Write a model of random weights."""
    subprocess.run([PYTHON, HERE / "tiny_model.py", path], check=True, timeout=120)


@contextmanager
def llama_server(model: Path, *, context_tokens: int = 65_536, template: str = "") -> Iterator[Server]:
    """Run llama.cpp's server on a model."""
    command = [str(PYTHON), str(HERE / "llama_server.py"), str(model), str(context_tokens)]
    command += [(HERE / template).read_text()] if template else []
    with _running(command, model.parent) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("listening at "):
                break
        else:
            pytest.fail((model.parent / "errors").read_text(errors="replace")[-2000:])
        yield Server(line.split()[-1] + "/v1")


@contextmanager
def _running(command: list[str], directory: Path) -> Iterator[subprocess.Popen[str]]:
    # None of these may reach beyond this machine, nor look for news of itself or for models.
    settings = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_TELEMETRY": "False", "HF_HUB_OFFLINE": "1"}
    with (directory / "errors").open("w") as errors:
        process = subprocess.Popen(
            command,
            cwd=directory,
            env={**os.environ, **settings},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if "llama" in command[1] else errors,
            stderr=errors,
            text=True,
        )
        try:
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=60)


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port


def _wait_for(url: str, directory: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.5)
    pytest.fail((directory / "errors").read_text(errors="replace")[-2000:])
