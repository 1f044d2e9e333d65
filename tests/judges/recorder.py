"""A server on loopback that takes every request and remembers it, and what leads the packages' requests there."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import requests

# The headers of a request by which a provider judges it; the others are about the library that sends it.
HEADERS = ("authorization", "content-type")
# Who a request was for, which only the one who led it elsewhere knows.
ADDRESSED_TO = "x-addressed-to"


class Recorder:
    def __init__(self):
        self.sent = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _handler(self):
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def take(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                recorder.sent.append(_read(self.command, self.path, self.headers, body.decode()))
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            do_POST = do_PUT = do_DELETE = take

            def log_message(self, *_):
                pass

        return Handler

    def lead_here(self):
        """Whatever the library `requests` is asked for, wherever it is, goes to this server."""
        recorder = self

        class Adapter(requests.adapters.HTTPAdapter):
            def send(self, request, **options):
                addressed_to = urlsplit(request.url)
                request.headers[ADDRESSED_TO] = f"{addressed_to.scheme}://{addressed_to.netloc}"
                request.url = request.url.replace(request.headers[ADDRESSED_TO], recorder.address, 1)
                return super().send(request, **options)

        requests.Session.get_adapter = lambda session, url: Adapter()


def _read(method, path, headers, body):
    """What is a JSON document counts as the body, whether it stands there, in a form, or in the query."""
    path, _, query = path.partition("?")
    is_form = headers["content-type"] == "application/x-www-form-urlencoded"
    plain, documents = _parameters(query)
    told = json.loads(body) if body and not is_form else _parameters(body)[1] | documents
    return {
        "method": method,
        "url": headers[ADDRESSED_TO] + path,
        "query": plain,
        "headers": {name: headers[name] for name in HEADERS if headers[name]},
        "body": told,
    }


def _parameters(text):
    """By name: those that are plain texts, and those that are JSON documents."""
    told = {name: values[0] for name, values in parse_qs(text, keep_blank_values=True).items()}
    documents = {name: json.loads(value) for name, value in told.items() if value.startswith(("{", "["))}
    return {name: value for name, value in told.items() if name not in documents}, documents
