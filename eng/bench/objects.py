"""Keys generated in a token, and what finding one costs when there are many. Arguments: how many pairs, how many of them timed."""
import os
import sys
import time

import PyKCS11
from PyKCS11.LowLevel import (
    CKA_CLASS, CKA_EC_PARAMS, CKA_ID, CKA_LABEL, CKA_SIGN, CKA_TOKEN, CKA_VERIFY, CKF_RW_SESSION, CKF_SERIAL_SESSION, CKO_PRIVATE_KEY)

P256 = tuple(bytes.fromhex("06082a8648ce3d030107"))
FLAGS = CKF_SERIAL_SESSION | CKF_RW_SESSION
pairs, timed = int(sys.argv[1]), int(sys.argv[2])
pin = os.environ["CODESIGN_PIN"]


def start():
    """A process that begins: load, initialize, open, log in. The session, and how long it took in ms."""
    begin = time.perf_counter()
    lib = PyKCS11.PyKCS11Lib()
    lib.load(os.environ["CODESIGN_P11_MODULE"])
    slot = next(slot for slot in lib.getSlotList(tokenPresent=True) if lib.getTokenInfo(slot).label.strip() == "scratch")
    session = lib.openSession(slot, FLAGS)
    session.login(pin)
    return lib, session, (time.perf_counter() - begin) * 1000


def start_elsewhere():
    """As start, in a new process."""
    read, write = os.pipe()
    if os.fork() == 0:
        took = start()[2]
        os.write(write, f"{took:.1f}".encode())
        os._exit(0)
    os.wait()
    return float(os.read(read, 100))


def median(values):
    """Of some numbers."""
    return sorted(values)[len(values) // 2]


empty = median([start_elsewhere() for _ in range(5)])
_lib, session, _ = start()
begin = time.perf_counter()
for i in range(pairs):
    name = f"key {i}"
    session.generateKeyPair(
        [(CKA_EC_PARAMS, P256), (CKA_TOKEN, True), (CKA_LABEL, name), (CKA_VERIFY, True), (CKA_ID, i.to_bytes(4, "big"))],
        [(CKA_TOKEN, True), (CKA_LABEL, name), (CKA_SIGN, True), (CKA_ID, i.to_bytes(4, "big"))],
        mecha=PyKCS11.Mechanism(PyKCS11.CKM_EC_KEY_PAIR_GEN, None))
    if i + 1 == min(1000, pairs):
        print(f"{i + 1} P-256 pairs generated durably, one after the other: {time.perf_counter() - begin:.1f} s")
for what, attribute, value in (("label", CKA_LABEL, lambda i: f"key {i}"), ("id", CKA_ID, lambda i: i.to_bytes(4, "big"))):
    times = []
    for i in range(timed):
        wanted = i * pairs // timed
        begin = time.perf_counter()
        found = session.findObjects([(CKA_CLASS, CKO_PRIVATE_KEY), (attribute, value(wanted))])
        times.append((time.perf_counter() - begin) * 1000)
        assert len(found) == 1
    print(f"found by {what} among {2 * pairs} objects: p50 {median(times):.2f} ms, p99 {sorted(times)[timed * 99 // 100]:.2f} ms")
full = median([start_elsewhere() for _ in range(5)])
print(f"load, initialize, open, log in: {empty:.0f} ms with an empty token, {full:.0f} ms with {2 * pairs} objects")
