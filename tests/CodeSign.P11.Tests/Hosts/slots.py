"""Tokens come and go with rights, and C_WaitForSlotEvent tells."""
import ctypes
import os
import subprocess
import threading
import time

import PyKCS11

DONT_BLOCK, NO_EVENT, NOT_INITIALIZED = 1, 0x8, 0x190
SESSION_HANDLE_INVALID, TOKEN_NOT_PRESENT = 0xb3, 0xe0
ANNOUNCE, READ = None, (ctypes.c_ulong * 64)()
CSCTL = [os.environ["CODESIGNCTL"], "--config", os.environ["CODESIGN_ADMIN_CONFIG"], "project"]
LIB = PyKCS11.PyKCS11Lib()
LIB.load(os.environ["CODESIGN_P11_MODULE"])
MODULE = ctypes.CDLL(os.environ["CODESIGN_P11_MODULE"])
MODULE.C_WaitForSlotEvent.restype = ctypes.c_ulong


def csctl(*words):
    """The administrator does something."""
    subprocess.run(CSCTL + list(words), check=True, stdout=subprocess.DEVNULL)


def labels():
    """Of the tokens there are."""
    return {LIB.getTokenInfo(slot).label.strip() for slot in LIB.getSlotList(tokenPresent=True)}


def wait(flags):
    """C_WaitForSlotEvent without PyKCS11, which lets no other thread run meanwhile: return value and slot."""
    slot = ctypes.c_ulong()
    return MODULE.C_WaitForSlotEvent(ctypes.c_ulong(flags), ctypes.byref(slot), None), slot.value


def listed(slots):
    """How many slots have a token."""
    count = ctypes.c_ulong(64)
    assert MODULE.C_GetSlotList(1, slots, ctypes.byref(count)) == 0
    return count.value


def event(flags=DONT_BLOCK):
    """The slot of the next event, or None."""
    rv, slot = wait(flags)
    assert rv in (0, NO_EVENT), hex(rv)
    return slot if rv == 0 else None


def within(what, condition):
    """Waits for a condition."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


assert "coming" not in labels()
assert event() is None, "what was there from the beginning is no event"
csctl("create", "coming", "--pin", "none")
waiting = []
thread = threading.Thread(target=lambda: waiting.append(event(0)))
thread.start()
csctl("member", "add", "coming", "alice")
thread.join(30)
assert not thread.is_alive() and waiting[0] is not None, "a blocking call hears of the new token"
assert "coming" in labels()
assert event() is None, "each event is told once"
session = LIB.openSession(waiting[0])
announced = listed(ANNOUNCE)
csctl("member", "remove", "coming", "alice")
within("the token's going is an event", lambda: event() == waiting[0])
assert listed(READ) == announced, "the list is the one that was announced, until it is announced anew"
assert listed(ANNOUNCE) == announced - 1 == listed(READ)
assert "coming" not in labels()
try:
    session.getSessionInfo()
    raise AssertionError("a session outlived its token")
except PyKCS11.PyKCS11Error as gone:
    assert gone.value == SESSION_HANDLE_INVALID, gone
assert MODULE.C_CloseAllSessions(ctypes.c_ulong(waiting[0])) == TOKEN_NOT_PRESENT

ended = []
thread = threading.Thread(target=lambda: ended.append(wait(0)[0]))
thread.start()
within("the thread waits", thread.is_alive)
MODULE.C_Finalize(None)
thread.join(30)
assert not thread.is_alive() and ended == [NOT_INITIALIZED], ended
print("slots come and go")
