"""A Hugging Face hub on this machine: just enough of its API to look at a model and download it."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SHA = "0123456789abcdef0123456789abcdef01234567"


class FakeHub:
    """Serves folders as repositories. `refuse` maps a repository to (status, error code)."""

    def __init__(self) -> None:
        self.repositories: dict[str, Path] = {}
        self.refuse: dict[str, tuple[int, str]] = {}
        self.downloads: list[str] = []
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                hub.answer(self, body=True)

            def do_HEAD(self) -> None:
                hub.answer(self, body=False)

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, request: BaseHTTPRequestHandler, *, body: bool) -> None:
        path = request.path.partition("?")[0]
        api = re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/(revision|tree)/[^/]+)?", path)
        file = re.fullmatch(r"/([^/]+/[^/]+)/resolve/[^/]+/(.+)", path)
        name = (api or file)[1] if api or file else ""
        status, code = self.refuse.get(name, (200, ""))
        if name not in self.repositories:
            status, code = 404, "RepoNotFound"
        # the files of a gated repository are refused, what is said about it is public
        if status != 200 and not (api and code == "GatedRepo"):
            self._send(request, status, b"{}", {"X-Error-Code": code} if code else {}, body)
        elif api:
            content = self._tree(name) if api[2] == "tree" else self._info(name)
            self._send(request, 200, json.dumps(content).encode(), {}, body)
        else:
            assert file is not None
            self._file(request, name, file[2], body)

    def _files(self, name: str) -> list[Path]:
        return sorted(path for path in self.repositories[name].rglob("*") if path.is_file())

    def _info(self, name: str) -> object:
        folder = self.repositories[name]
        siblings = [
            {"rfilename": path.relative_to(folder).as_posix(), "size": path.stat().st_size}
            for path in self._files(name)
        ]
        return {"id": name, "modelId": name, "sha": SHA, "siblings": siblings, "private": False}

    def _tree(self, name: str) -> object:
        folder = self.repositories[name]
        return [
            {
                "type": "file",
                "path": path.relative_to(folder).as_posix(),
                "size": path.stat().st_size,
                "oid": hashlib.sha1(path.read_bytes()).hexdigest(),
            }
            for path in self._files(name)
        ]

    def _file(self, request: BaseHTTPRequestHandler, name: str, file: str, body: bool) -> None:
        path = self.repositories[name] / file
        if not path.is_file():
            self._send(request, 404, b"", {"X-Error-Code": "EntryNotFound"}, body)
            return
        content = path.read_bytes()
        if body:
            self.downloads.append(file)
        tag = f'"{hashlib.sha1(content).hexdigest()}"'
        self._send(request, 200, content, {"ETag": tag, "X-Repo-Commit": SHA}, body)

    def _send(
        self,
        request: BaseHTTPRequestHandler,
        status: int,
        content: bytes,
        headers: dict[str, str],
        body: bool,
    ) -> None:
        request.send_response(status)
        for key, value in {**headers, "Content-Length": str(len(content))}.items():
            request.send_header(key, value)
        request.end_headers()
        if body:
            request.wfile.write(content)
