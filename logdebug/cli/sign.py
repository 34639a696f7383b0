"""`logdebug sign` and `logdebug check`: who stands by a saved report, in the format of `ssh-keygen -Y`."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from logdebug.cli.outcome import OK, SOME_FAILED, USAGE, complain
from logdebug.errors import ReportError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["add_check", "add_sign", "check", "sign"]

_SIGN_EXAMPLES = """\
examples:
  logdebug sign report.json --key ~/.ssh/id_ed25519        # writes report.json.sig

exit status: 0 signed, 2 wrong usage: no such report, no usable key
"""
_CHECK_EXAMPLES = """\
examples:
  logdebug check report.json --signers allowed_signers
  logdebug check report.json --signers ann.pub

outcomes: valid; reviewed (valid but for reviews added since); tampered; unknown key; other namespace; unsigned

exit status: 0 valid, 1 anything else, 2 wrong usage: no such report, no usable signers
"""


def add_sign(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `sign` and its arguments."""
    command = commands.add_parser(
        "sign",
        help="sign a report with an SSH key",
        description="Sign a report's file with an Ed25519 SSH key; reviews that are added later are not covered.",
        epilog=_SIGN_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("report", metavar="REPORT", help="a report as `logdebug run --output` wrote it")
    command.add_argument("--key", required=True, metavar="FILE", help="the private key, as ssh-keygen wrote it")
    command.set_defaults(execute=sign)


def add_check(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `check` and its arguments."""
    command = commands.add_parser(
        "check",
        help="check who signed a report",
        description="Check that a report's file is what somebody signed whose signature counts.",
        epilog=_CHECK_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("report", metavar="REPORT", help="a report as `logdebug run --output` wrote it")
    command.add_argument(
        "--signers", required=True, metavar="FILE", help="whose signatures count: allowed signers, or a public key"
    )
    command.add_argument("--signature", metavar="FILE", help="the signature (default: REPORT.sig)")
    command.set_defaults(execute=check)


def sign(arguments: argparse.Namespace) -> int:
    """Do `logdebug sign`."""
    try:
        written = _signed(arguments.report, arguments.key)
    except ReportError as error:
        complain(error)
        return USAGE
    sys.stdout.write(f"Written: {written}\n")
    return OK


def check(arguments: argparse.Namespace) -> int:
    """Do `logdebug check`."""
    from logdebug.verification.signing import check_file

    try:
        found = check_file(arguments.report, arguments.signers, arguments.signature)
    except ReportError as error:
        complain(error)
        return USAGE
    sys.stdout.write(f"{found}\n")
    return OK if found.valid else SOME_FAILED


def _signed(report: str, key: str) -> Path:
    """Sign; where the key is encrypted and somebody is there, ask for its passphrase."""
    from logdebug.errors import SettingsError
    from logdebug.verification.signing import sign_file

    try:
        return sign_file(report, key)
    except SettingsError as error:
        if "passphrase" not in str(error) or not sys.stdin.isatty():
            raise
    from getpass import getpass

    return sign_file(report, key, passphrase=getpass(f"Passphrase of {key}: "))
