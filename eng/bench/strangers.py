#!/usr/bin/env python3
"""Peers that mean no good, or nothing at all, at an appliance's port.

    strangers.py KIND COUNT HOST:PORT [CERTIFICATE KEY]

KIND:  idle        connections that said hello by client certificate, and then nothing
       unfinished  connections that began TLS's handshake, and don't go on; a closed one is replaced
       garbage     100 kB of random bytes each, instead of TLS and after its handshake
       truncated   frames that are announced and not sent whole
       oversized   frames of one byte more than a stranger may send, and of 4 GiB
       slow        one byte of a handshake, then of a hello, each tenth of a second

COUNT: so many connections at once; of those that come and go, so many new ones a second. Says "ready COUNT" when all are there (or as
many have come and gone), and after a line on standard input "open COUNT": how many of them still are. Ends with its input.
"""
import os
import resource
import select
import socket
import ssl
import sys
import threading
import time

HELLO_BYTES_MAX = 16 * 1024
BODY = b"\x08\x01\x10\x01\x1a\x08stranger"                # protocol 1 to 1, client "stranger"; the certificate is the credential
REQUEST = b"\x08\x01\x10\x01\x1a" + bytes([len(BODY)]) + BODY
HELLO = len(REQUEST).to_bytes(4, "big") + REQUEST
# A TLS record that promises 512 bytes of a ClientHello, and two of them.
BEGUN = b"\x16\x03\x01\x02\x00\x01\x00"


def main():
    if len(sys.argv) not in (4, 6) or sys.argv[1] not in KINDS:
        sys.exit(__doc__)
    kind, count = sys.argv[1], int(sys.argv[2])
    host, port = sys.argv[3].rsplit(":", 1)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    KINDS[kind](Peer((host, int(port)), sys.argv[4:]), count)


class Peer:
    """Connects to the one server there is."""

    def __init__(self, address, certificate):
        self.address = address
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname = False
        self.context.verify_mode = ssl.CERT_NONE
        self.context.set_alpn_protocols(["codesign/1"])
        if certificate:
            self.context.load_cert_chain(*certificate)

    def tcp(self):
        return socket.create_connection(self.address, timeout=20)

    def tls(self):
        return self.context.wrap_socket(self.tcp())


def say(*words):
    print(*words, flush=True)


def count_open(sockets):
    """Those at whose other end nobody hung up."""
    ended = set()
    poll = select.poll()
    for one in sockets:
        poll.register(one, select.POLLIN | select.POLLRDHUP)
    for descriptor, events in poll.poll(0):
        if events & (select.POLLRDHUP | select.POLLHUP | select.POLLERR):
            ended.add(descriptor)
    return len(sockets) - len(ended)


def idle(peer, count):
    sockets = []
    for _ in range(count):
        one = peer.tls()
        one.sendall(HELLO)
        if len(one.recv(4)) != 4:
            sys.exit("a hello wasn't answered")
        one.recv(65536)
        sockets.append(one)
    say("ready", count)
    for _ in sys.stdin:
        say("open", count_open(sockets))


def unfinished(peer, count):
    sockets = []

    def begin():
        one = peer.tcp()
        one.sendall(BEGUN)
        return one

    def keep():
        while True:
            poll = select.poll()
            by_descriptor = {one.fileno(): at for at, one in enumerate(sockets)}
            for one in sockets:
                poll.register(one, select.POLLRDHUP)
            for descriptor, _ in poll.poll(200):
                at = by_descriptor[descriptor]
                sockets[at].close()
                try:
                    sockets[at] = begin()
                except OSError:
                    time.sleep(0.01)
                    sockets[at] = begin()

    for _ in range(count):
        sockets.append(begin())
    say("ready", count)
    threading.Thread(target=keep, daemon=True).start()
    for _ in sys.stdin:
        say("open", count_open(list(sockets)))


def coming_and_going(visit):
    """So many visits begin each second, each on a thread of its own."""

    def run(peer, count):
        done = 0
        lock = threading.Lock()

        def one():
            nonlocal done
            try:
                visit(peer)
            except (OSError, ValueError):
                pass                                        # hung up on, as a stranger must expect
            with lock:
                done += 1
                if done == count:
                    say("ready", count)

        def come():
            while True:
                threading.Thread(target=one, daemon=True).start()
                time.sleep(1 / count)

        threading.Thread(target=come, daemon=True).start()
        for _ in sys.stdin:
            say("open", "–")
        os._exit(0)

    return run


def until_closed(one):
    while one.recv(65536):
        pass


def garbage(peer):
    with peer.tcp() as one:
        one.sendall(os.urandom(100_000))
        until_closed(one)
    with peer.tls() as one:
        one.sendall(os.urandom(100_000))
        until_closed(one)


def truncated(peer):
    with peer.tls() as one:
        one.sendall(HELLO[: len(HELLO) // 2])
    with peer.tcp() as one:
        one.sendall(BEGUN)


def oversized(peer):
    for length in (HELLO_BYTES_MAX + 1, 0xFFFFFFFF):
        with peer.tls() as one:
            one.sendall(length.to_bytes(4, "big") + bytes(HELLO_BYTES_MAX))
            until_closed(one)


def slow(peer):
    with peer.tcp() as one:
        for byte in BEGUN:
            one.sendall(bytes([byte]))
            time.sleep(0.1)
    with peer.tls() as one:
        for byte in HELLO:
            one.sendall(bytes([byte]))
            time.sleep(0.1)


KINDS = {
    "idle": idle,
    "unfinished": unfinished,
    **{visit.__name__: coming_and_going(visit) for visit in (garbage, truncated, oversized, slow)},
}

if __name__ == "__main__":
    main()
