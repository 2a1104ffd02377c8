"""Python as a host: eight threads sign while multiprocessing forks children that sign too, and subprocess starts programs."""
import ctypes
import multiprocessing
import os
import subprocess
import sys
import threading

UL = ctypes.c_ulong
MODULE = ctypes.CDLL(os.environ["CODESIGN_P11_MODULE"])
PIN = os.environ["CODESIGN_PIN"].encode()
LABEL = os.environ["CODESIGN_TOKEN_LABEL"].encode()


class Mechanism(ctypes.Structure):
    _fields_ = [("type", UL), ("parameter", ctypes.c_void_p), ("parameter_bytes", UL)]


class Attribute(ctypes.Structure):
    _fields_ = [("type", UL), ("value", ctypes.c_void_p), ("value_bytes", UL)]


def call(name, *arguments, allowed=(0,)):
    function = getattr(MODULE, name)
    function.restype = UL
    rv = function(*arguments)
    if rv not in allowed:
        raise RuntimeError(f"{name} answered {rv:#x}")


def open_session():
    slots, count = (UL * 64)(), UL(64)
    call("C_GetSlotList", ctypes.c_ubyte(1), slots, ctypes.byref(count))
    info, session = ctypes.create_string_buffer(208), UL()
    for slot in slots[: count.value]:
        call("C_GetTokenInfo", UL(slot), info)
        if info.raw[:32].rstrip() == LABEL:
            call("C_OpenSession", UL(slot), UL(4), None, None, ctypes.byref(session))
            call("C_Login", session, UL(1), PIN, UL(len(PIN)), allowed=(0, 0x100))
            return session
    raise RuntimeError("no such token")


def sign(session, times):
    private, label, key, count = UL(3), ctypes.create_string_buffer(b"p256", 4), UL(), UL()
    template = (Attribute * 2)(
        Attribute(0, ctypes.cast(ctypes.byref(private), ctypes.c_void_p), ctypes.sizeof(private)),
        Attribute(3, ctypes.cast(label, ctypes.c_void_p), 4),
    )
    call("C_FindObjectsInit", session, template, UL(2))
    call("C_FindObjects", session, ctypes.byref(key), UL(1), ctypes.byref(count))
    call("C_FindObjectsFinal", session)
    for _ in range(times):
        mechanism, signature, length = Mechanism(0x1041, None, 0), ctypes.create_string_buffer(64), UL(64)
        call("C_SignInit", session, ctypes.byref(mechanism), key)
        call("C_Sign", session, bytes(32), UL(32), signature, ctypes.byref(length))


def be_child():
    call("C_Initialize", None)
    sign(open_session(), 20)
    call("C_Finalize", None)


def main(rounds):
    call("C_Initialize", None)
    stop, failures = threading.Event(), []

    def work():
        try:
            session = open_session()
            while not stop.is_set():
                sign(session, 5)
        except RuntimeError as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    context = multiprocessing.get_context("fork")
    for _ in range(rounds):
        children = [context.Process(target=be_child) for _ in range(4)]
        for child in children:
            child.start()
        subprocess.run(["/bin/true"], check=True)
        for child in children:
            child.join(30)
            if child.exitcode != 0:
                failures.append(f"a child ended with {child.exitcode}")
                child.kill()
    stop.set()
    for thread in threads:
        thread.join()
    call("C_Finalize", None)
    print(f"{4 * rounds} children")
    return failures


if failed := main(int(sys.argv[1])):
    sys.exit(str(failed[0]))
