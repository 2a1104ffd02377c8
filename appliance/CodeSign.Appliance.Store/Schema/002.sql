-- Objects that applications make in a token (PKCS#11).
CREATE TABLE objects (id TEXT PRIMARY KEY NOT NULL, body TEXT NOT NULL, secret BLOB, mac BLOB NOT NULL) STRICT;
