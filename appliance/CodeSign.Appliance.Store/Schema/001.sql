-- The first schema. A table per kind of entity, all of one shape:
--   id      the entity's
--   body    JSON
--   secret  a record sealed by custody, or NULL
--   mac     HMAC-SHA-256 over table, id, body and secret
-- The manifest covers all of these rows (and those of meta), the audit head all records.

CREATE TABLE meta (name TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL, mac BLOB NOT NULL) STRICT;

CREATE TABLE identities (id TEXT PRIMARY KEY NOT NULL, body TEXT NOT NULL, secret BLOB, mac BLOB NOT NULL) STRICT;
CREATE TABLE grants (id TEXT PRIMARY KEY NOT NULL, body TEXT NOT NULL, secret BLOB, mac BLOB NOT NULL) STRICT;
CREATE TABLE client_certificates (id TEXT PRIMARY KEY NOT NULL, body TEXT NOT NULL, secret BLOB, mac BLOB NOT NULL) STRICT;
CREATE TABLE tls_authorities (id TEXT PRIMARY KEY NOT NULL, body TEXT NOT NULL, secret BLOB, mac BLOB NOT NULL) STRICT;
CREATE TABLE projects (id TEXT PRIMARY KEY NOT NULL, body TEXT NOT NULL, secret BLOB, mac BLOB NOT NULL) STRICT;
CREATE TABLE pins (id TEXT PRIMARY KEY NOT NULL, body TEXT NOT NULL, secret BLOB, mac BLOB NOT NULL) STRICT;
CREATE TABLE revoked_tickets (id TEXT PRIMARY KEY NOT NULL, body TEXT NOT NULL, secret BLOB, mac BLOB NOT NULL) STRICT;
CREATE TABLE environments (id TEXT PRIMARY KEY NOT NULL, body TEXT NOT NULL, secret BLOB, mac BLOB NOT NULL) STRICT;
CREATE TABLE keys (id TEXT PRIMARY KEY NOT NULL, body TEXT NOT NULL, secret BLOB, mac BLOB NOT NULL) STRICT;

-- One row: the number of changes so far, the audit log's size and root after the last of them, a digest over (table, id, mac) of all
-- rows above.
CREATE TABLE manifest (
    one INTEGER PRIMARY KEY NOT NULL CHECK (one = 1),
    generation INTEGER NOT NULL, audit_size INTEGER NOT NULL, audit_root BLOB NOT NULL, digest BLOB NOT NULL, mac BLOB NOT NULL) STRICT;

-- Records, numbered without gaps from 0: the leaves of an RFC 6962 tree. leaf: one line of JSON without its newline.
CREATE TABLE audit (seq INTEGER PRIMARY KEY NOT NULL, leaf BLOB NOT NULL) STRICT;

-- The root of every full run of 4096 leaves, so that a part of the log can be verified without the rest.
CREATE TABLE audit_segments (segment INTEGER PRIMARY KEY NOT NULL, root BLOB NOT NULL) STRICT;

-- One row: the head of the tree, tied to the manifest.
CREATE TABLE audit_head (
    one INTEGER PRIMARY KEY NOT NULL CHECK (one = 1),
    size INTEGER NOT NULL, root BLOB NOT NULL, generation INTEGER NOT NULL, mac BLOB NOT NULL) STRICT;
