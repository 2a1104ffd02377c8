#!/usr/bin/env bash
# Publishes what users install: codesignd, csctl and the PKCS#11 module, into artifacts/publish.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
