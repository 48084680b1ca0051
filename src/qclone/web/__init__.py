"""The page: a cloud, its secrets, lattices and results in a browser.

- `serve(rooms, port)`: the page on this machine, behind a secret in its address.
- `app(rooms, gate)`: the same as an ASGI application.
- `Rooms`: what the page is about: a cloud, and folders of results.
- `export(directory)`: the rooms that need no cloud, as a static site.
- `playground()`: a cloud in a temporary folder, for whoever has none.

All that a screen shows is computed here; the page asks for it under `/api`, and is told of changes by events.
"""

from qclone.errors import MissingPackageError

try:
    import starlette  # one place for the extra: the files behind import these freely
    import uvicorn
except ImportError as error:
    raise MissingPackageError(str(error.name), "service") from None

from qclone.web._app import app
from qclone.web._export import export
from qclone.web._gate import Gate
from qclone.web._rooms import Rooms, playground
from qclone.web._serve import Served, serve

__all__ = ["Gate", "Rooms", "Served", "app", "export", "playground", "serve"]

del starlette, uvicorn
