#!/usr/bin/env python3
"""The two services that the payment service calls, in Python's standard library alone.

    upstreams.py cart ADDRESS PORT    GET /cart/<id>, DELETE /cart/<id>, GET /deletions
    upstreams.py user ADDRESS PORT    GET /check/<id>

Every user exists, so that a test can take a fresh one each time, but those whose id begins with "anonymous-" or
"unknown". A cart that was deleted is full again the next time it is asked for: the same user can pay again and again.
"""

import argparse
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

STRANGERS = ("anonymous-", "unknown")

BASKET = {
    "items": [
        {"sku": "HAL-1", "name": "HAL 9000", "qty": 1, "price": 2001},
        {"sku": "SHIP", "name": "Shipping", "qty": 1, "price": 4},
    ],
    "total": 2005,
    "tax": 334,
}


def user_exists(user):
    return user != "" and not user.startswith(STRANGERS)


class CartService:
    name = "cart"

    def __init__(self):
        self.lock = threading.Lock()
        self.deletions = {}

    def answer(self, method, path):
        if method == "GET" and path == ["deletions"]:
            with self.lock:
                return 200, dict(self.deletions)
        if len(path) != 2 or path[0] != "cart" or method not in ("GET", "DELETE"):
            return 404, {"error": "no such path"}
        user = path[1]
        if method == "GET":
            return 200, BASKET
        with self.lock:
            self.deletions[user] = self.deletions.get(user, 0) + 1
        return 200, {"deleted": user}


class UserService:
    name = "user"

    def answer(self, method, path):
        if method != "GET" or len(path) != 2 or path[0] != "check":
            return 404, {"error": "no such path"}
        if not user_exists(path[1]):
            return 404, {"error": "user not found"}
        return 200, {"user": path[1]}


def handler_of(service):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def respond(self):
            # A body is read and dropped: left in the connection it would be taken for the next request.
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = [unquote(part) for part in self.path.split("?")[0].split("/")[1:]]
            if path == ["health"]:
                status, answer = 200, {"service": service.name}
            else:
                status, answer = service.answer(self.command, path)
            body = json.dumps(answer).encode("utf-8")
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_DELETE = do_POST = do_PUT = respond

    return Handler


# Linux; Python's socket module has no name for it.
IP_FREEBIND = 15


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def server_bind(self):
        # The host may get its addresses after it has started its services.
        self.socket.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)
        super().server_bind()


def main():
    parser = argparse.ArgumentParser(description="Cart or user service of the sample shop.")
    parser.add_argument("service", choices=["cart", "user"])
    parser.add_argument("address")
    parser.add_argument("port", type=int)
    arguments = parser.parse_args()

    service = CartService() if arguments.service == "cart" else UserService()
    server = Server((arguments.address, arguments.port), handler_of(service))
    print("{} service on {}:{}".format(service.name, *server.server_address[:2]), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
