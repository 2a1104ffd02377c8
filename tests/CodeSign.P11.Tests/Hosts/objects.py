"""Objects to the letter: what each function answers in each state of session and login (PKCS#11 v3.2 sections 5.6 and 5.7)."""
import os

import PyKCS11
from PyKCS11.LowLevel import (
    CKA_ALWAYS_SENSITIVE, CKA_CLASS, CKA_COPYABLE, CKA_DESTROYABLE, CKA_EC_PARAMS, CKA_EXTRACTABLE, CKA_ID, CKA_KEY_TYPE, CKA_LABEL,
    CKA_LOCAL, CKA_MODIFIABLE, CKA_NEVER_EXTRACTABLE, CKA_PRIVATE, CKA_SENSITIVE, CKA_SIGN, CKA_TOKEN, CKA_TRUSTED, CKA_VALUE, CKA_VALUE_LEN,
    CKA_VERIFY, CKF_RW_SESSION, CKF_SERIAL_SESSION, CKK_AES, CKM_ECDSA, CKO_DATA, CKO_PRIVATE_KEY, CKO_PUBLIC_KEY, CKO_SECRET_KEY)

P256 = tuple(bytes.fromhex("06082a8648ce3d030107"))
LIB = PyKCS11.PyKCS11Lib()
LIB.load(os.environ["CODESIGN_P11_MODULE"])
SLOT = next(slot for slot in LIB.getSlotList(tokenPresent=True) if LIB.getTokenInfo(slot).label.strip() == "scratch")
PIN = os.environ["CODESIGN_PIN"]
SO_PIN = os.environ["CODESIGN_SO_PIN"]
NEWER = {0x1B: "CKR_ACTION_PROHIBITED"}  # return values that PyKCS11 doesn't know
NO = PyKCS11.ckbytelist([0])  # of attributes that PyKCS11 doesn't know
READ_ONLY = CKF_SERIAL_SESSION
READ_WRITE = CKF_SERIAL_SESSION | CKF_RW_SESSION


def refused(name, action):
    """The action is refused by this return value and no other."""
    try:
        action()
    except PyKCS11.PyKCS11Error as error:
        answer = PyKCS11.CKR.get(error.value, NEWER.get(error.value, hex(error.value)))
        assert answer == name, f"{answer} instead of {name}"
        return
    raise AssertionError(f"done instead of {name}")


def data(label, token=True, private=False, **more):
    """A template of a data object."""
    return [(CKA_CLASS, CKO_DATA), (CKA_TOKEN, token), (CKA_PRIVATE, private), (CKA_LABEL, label), (CKA_VALUE, b"value")] + list(more.items())


def pair(session, token=True, label="pair", private=()):
    """A P-256 pair."""
    return session.generateKeyPair(
        [(CKA_EC_PARAMS, P256), (CKA_TOKEN, token), (CKA_LABEL, label), (CKA_VERIFY, True)],
        [(CKA_TOKEN, token), (CKA_LABEL, label), (CKA_SIGN, True), (CKA_ID, b"\x01")] + list(private),
        mecha=PyKCS11.Mechanism(PyKCS11.CKM_EC_KEY_PAIR_GEN, None))


def found(session, label, *more):
    """Objects with this label."""
    return session.findObjects([(CKA_LABEL, label)] + list(more))


def handles(objects):
    """Handles as numbers."""
    return [handle.value() for handle in objects]


def value(session, handle, attribute):
    """One attribute; None where it is not told."""
    return session.getAttributeValue(handle, [attribute])[0]


def public_and_read_only():
    """Before a login, and in a read-only session."""
    session = LIB.openSession(SLOT, READ_ONLY)
    refused("CKR_SESSION_READ_ONLY", lambda: session.createObject(data("x")))
    refused("CKR_USER_NOT_LOGGED_IN", lambda: session.createObject(data("x", token=False, private=True)))
    refused("CKR_USER_NOT_LOGGED_IN", lambda: pair(session, token=False))
    mine = session.createObject(data("of a session", token=False))
    assert len(found(session, "of a session")) == 1
    other = LIB.openSession(SLOT, READ_WRITE)
    assert len(found(other, "of a session")) == 1, "all sessions of the application see it"
    in_token = other.createObject(data("of the token"))
    refused("CKR_SESSION_READ_ONLY", lambda: session.destroyObject(in_token))
    refused("CKR_SESSION_READ_ONLY", lambda: session.setAttributeValue(in_token, [(CKA_LABEL, "new")]))
    session.setAttributeValue(mine, [(CKA_LABEL, "renamed")])
    assert len(found(other, "renamed")) == 1
    session.closeSession()
    assert not found(other, "renamed"), "session objects end with their session"
    other.destroyObject(in_token)
    refused("CKR_OBJECT_HANDLE_INVALID", lambda: other.destroyObject(in_token))
    other.closeSession()


def logged_in():
    """Keys of the token and of sessions, changes, copies, ends."""
    session = LIB.openSession(SLOT, READ_WRITE)
    session.login(PIN)
    public, private = pair(session)
    assert value(session, private, CKA_LOCAL) and value(session, private, CKA_ALWAYS_SENSITIVE) and value(session, private, CKA_NEVER_EXTRACTABLE)
    signature = session.sign(private, b"0" * 32, PyKCS11.Mechanism(CKM_ECDSA, None))
    assert session.verify(public, b"0" * 32, signature, PyKCS11.Mechanism(CKM_ECDSA, None))
    refused("CKR_ATTRIBUTE_READ_ONLY", lambda: session.setAttributeValue(private, [(CKA_SENSITIVE, False)]))
    refused("CKR_ATTRIBUTE_READ_ONLY", lambda: session.setAttributeValue(private, [(CKA_EXTRACTABLE, True)]))
    refused("CKR_ATTRIBUTE_READ_ONLY", lambda: session.setAttributeValue(private, [(CKA_CLASS, CKO_DATA)]))
    refused("CKR_ATTRIBUTE_READ_ONLY", lambda: session.setAttributeValue(public, [(CKA_TRUSTED, True)]))
    refused("CKR_TEMPLATE_INCOMPLETE", lambda: session.createObject([(CKA_TOKEN, True)]))
    refused("CKR_TEMPLATE_INCOMPLETE", lambda: session.createObject([(CKA_CLASS, CKO_PUBLIC_KEY)]))
    refused("CKR_ATTRIBUTE_TYPE_INVALID", lambda: session.createObject(data("x") + [(0x80000042, b"x")]))
    refused("CKR_ATTRIBUTE_READ_ONLY", lambda: session.createObject([(CKA_CLASS, CKO_SECRET_KEY), (CKA_KEY_TYPE, CKK_AES), (CKA_LOCAL, True)]))
    session.setAttributeValue(private, [(CKA_LABEL, "renamed")])
    assert handles(found(session, "renamed")) == handles([private]), "a handle lasts"

    _, passing = pair(session, token=False, label="passing")
    session.sign(passing, b"1" * 32, PyKCS11.Mechanism(CKM_ECDSA, None))
    assert len(found(session, "passing")) == 2
    once = session.createObject(data("once", token=False) + [(CKA_COPYABLE, NO), (CKA_DESTROYABLE, NO), (CKA_MODIFIABLE, False)])
    refused("CKR_ACTION_PROHIBITED", lambda: session.destroyObject(once))
    refused("CKR_ACTION_PROHIBITED", lambda: session.setAttributeValue(once, [(CKA_LABEL, "new")]))

    key = session.generateKey([(CKA_VALUE_LEN, 16), (CKA_LABEL, "open"), (CKA_SENSITIVE, False), (CKA_EXTRACTABLE, True)],
                              mecha=PyKCS11.Mechanism(PyKCS11.CKM_AES_KEY_GEN, None))
    assert len(value(session, key, CKA_VALUE)) == 16
    session.setAttributeValue(key, [(CKA_SENSITIVE, True)])
    assert value(session, key, CKA_VALUE) is None, "closed, it stays closed"

    session.logout()
    assert not found(session, "passing", (CKA_CLASS, CKO_PRIVATE_KEY)), "private session objects end with the login"
    refused("CKR_KEY_HANDLE_INVALID", lambda: session.sign(private, b"2" * 32, PyKCS11.Mechanism(CKM_ECDSA, None)))
    session.login(PIN)
    for handle in found(session, "renamed") + found(session, "pair"):
        session.destroyObject(handle)
    assert not found(session, "renamed")
    session.closeSession()


def security_officer():
    """The SO sees no private objects, and alone makes things trusted."""
    session = LIB.openSession(SLOT, READ_WRITE)
    session.login(PIN)
    public, private = pair(session, label="judged")
    session.logout()
    session.login(SO_PIN, user_type=PyKCS11.CKU_SO)
    assert handles(found(session, "judged")) == handles([public])
    refused("CKR_USER_NOT_LOGGED_IN", lambda: pair(session))
    session.setAttributeValue(public, [(CKA_TRUSTED, True)])
    assert value(session, public, CKA_TRUSTED)
    session.logout()
    session.login(PIN)
    refused("CKR_OBJECT_HANDLE_INVALID", lambda: session.destroyObject(private))
    for handle in found(session, "judged"):
        session.destroyObject(handle)
    session.closeSession()


def others_change():
    """What another process changes is seen after two seconds at the latest; what it ended is gone."""
    session = LIB.openSession(SLOT, READ_WRITE)
    session.login(PIN)
    handle = session.createObject(data("shared"))
    child = os.fork()
    if child == 0:
        lib = PyKCS11.PyKCS11Lib()
        lib.load(os.environ["CODESIGN_P11_MODULE"])
        own = lib.openSession(SLOT, READ_WRITE)
        own.login(PIN)
        own.setAttributeValue(own.findObjects([(CKA_LABEL, "shared")])[0], [(CKA_LABEL, "changed")])
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    import time
    deadline = time.monotonic() + 20
    while bytes(value(session, handle, CKA_LABEL), "ascii") != b"changed":
        assert time.monotonic() < deadline, "an old value is told for ever"
        time.sleep(0.05)
    session.destroyObject(handle)
    session.closeSession()


public_and_read_only()
logged_in()
security_officer()
others_change()
print("objects answer to the letter")
