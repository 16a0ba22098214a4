"""Asks for pages as a browser does: some connections that stay open, each taking the next request when it is free."""

import http.client
import queue
import socket
import threading
import time

CONNECTIONS = 6
SECONDS = 300


class Request:
    """`body`: a form to POST, or None to GET."""

    def __init__(self, target, body=None):
        self.target, self.body = target, body


class Answer:
    def __init__(self, request, status, headers, body):
        self.request, self.status, self.headers, self.body = request, status, headers, body


class Browser:
    """Of one server. Bodies are read and not looked at, so that it costs little beside what is measured."""

    def __init__(self, host, port):
        self._connections = [http.client.HTTPConnection(host, port, timeout=SECONDS) for _ in range(CONNECTIONS)]

    def page(self, requests, headers=()):
        """(seconds until the last answer is here, answers in the order of the requests)"""
        todo = queue.SimpleQueue()
        for numbered in enumerate(requests):
            todo.put(numbered)
        answers = [None] * len(requests)
        failures = []

        def work(connection):
            try:
                while True:
                    number, request = todo.get_nowait()
                    answers[number] = _ask(connection, request, dict(headers))
            except queue.Empty:
                pass
            except Exception as failure:  # a thread's own would only be printed
                connection.close()
                failures.append(failure)

        threads = [threading.Thread(target=work, args=(connection,)) for connection in self._connections]
        started = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.perf_counter() - started
        if failures:
            raise failures[0]
        return took, answers

    def close(self):
        for connection in self._connections:
            connection.close()


def _ask(connection, request, headers):
    headers["Accept-Encoding"] = "identity"
    if request.body is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    try:
        answer = _answer(connection, request, headers)
    except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
        # The server has closed the connection while it was idle.
        connection.close()
        answer = _answer(connection, request, headers)
    return Answer(request, answer.status, answer.headers, answer.read())


def _answer(connection, request, headers):
    if connection.sock is None:
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.request("GET" if request.body is None else "POST", request.target, request.body, headers)
    return connection.getresponse()
