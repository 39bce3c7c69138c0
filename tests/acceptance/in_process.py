"""Runs the entry point of the program inside the test's process, in a tenth of the time that a new process takes.

The working directory, environment, arguments and standard streams are replaced for the run and restored afterwards.
Tests of the process itself (signals, a terminal, start-up) run the `digest` script instead.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryFile

from digest.__main__ import main

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run_in_process(
    arguments: Sequence[str], *, cwd: Path, environ: Mapping[str, str], stdin: str | None
) -> tuple[int, str, str]:
    """Run `digest ARGUMENTS…`. Returns its exit code and what it wrote to stdout and stderr."""
    source, out, err = _stream(stdin or ""), _stream(), _stream()
    folder, environment, argv = Path.cwd(), dict(os.environ), sys.argv
    streams = sys.stdin, sys.stdout, sys.stderr
    handlers = [signal.getsignal(number) for number in _SIGNALS]
    try:
        os.chdir(cwd)
        os.environ.clear()
        os.environ.update(environ)
        sys.argv = ["digest", *map(str, arguments)]
        sys.stdin, sys.stdout, sys.stderr = source, out, err
        code = _exit_code()
    finally:
        sys.stdin, sys.stdout, sys.stderr = streams
        sys.argv = argv
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(folder)
        for number, handler in zip(_SIGNALS, handlers, strict=True):
            signal.signal(number, handler)
        source.close()
    return code, _text(out), _text(err)


def _exit_code() -> int:
    try:
        main()
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 0 if leaving.code is None else 1
    except BaseException:  # noqa: BLE001 - the interpreter prints an uncaught error and exits with 1
        traceback.print_exc()
        return 1
    return 0


def _stream(text: str = "") -> io.TextIOWrapper:
    """A standard stream on a real file, because an editor or git that the program starts inherits its descriptor."""
    file = TemporaryFile()  # noqa: SIM115 - the stream around it closes it
    stream = io.TextIOWrapper(file, encoding="utf-8", write_through=True)
    stream.write(text)
    stream.seek(0)
    return stream


def _text(stream: io.TextIOWrapper) -> str:
    with stream:
        stream.seek(0)
        return stream.read()
