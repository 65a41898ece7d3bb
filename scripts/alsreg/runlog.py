"""One log per rule, and one plain sentence where a rule cannot go on."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alsreg.errors import AlsregError

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


@contextmanager
def rule_log(path: str | Path) -> Iterator[None]:
    """Send logging to `path`; print an `AlsregError` as one line on stderr and exit with 1.

    Any other exception keeps its traceback, in the log and on stderr: it is our defect, not the user's.
    """
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path, mode="w", encoding="utf-8")
    handler.setFormatter(logging.Formatter(FORMAT))
    root = logging.getLogger()
    root.addHandler(handler)
    logging.getLogger("alsreg").setLevel(logging.INFO)
    try:
        yield
    except AlsregError as error:
        logging.getLogger("alsreg").error("%s", error)
        print(f"alsreg: error: {error}", file=sys.stderr)
        raise SystemExit(1) from None
    except Exception:
        logging.getLogger("alsreg").exception("unexpected error")
        raise
    finally:
        root.removeHandler(handler)
        handler.close()
