#!/bin/sh
# Makes the keys and certificates that the tests of TLS read, with OpenSSL, in all forms that it writes.
# Usage: bench/reference/make_tls_keys.sh [FOLDER]     (OpenSSL 3)
# The keys are new each time: no test asks for their values, only that they are read and belong together.
set -eu
folder=${1:-$(cd "$(dirname "$0")/../.." && pwd)/server/src/test/resources/dev/vl4j/server/transport}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$folder"
cd "$work"
days=36500

# An authority, an authority of its own making, and certificates by that one: a chain of two and their root.
openssl req -x509 -newkey rsa:2048 -nodes -keyout root.key -out "$folder/root.crt" -days $days \
  -subj "/CN=vl4j test root" -addext basicConstraints=critical,CA:TRUE
openssl req -newkey rsa:2048 -nodes -keyout middle.key -out middle.csr -subj "/CN=vl4j test middle"
printf 'basicConstraints=critical,CA:TRUE\n' > middle.ext
openssl x509 -req -in middle.csr -CA "$folder/root.crt" -CAkey root.key -out middle.crt -days $days -extfile middle.ext
printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' > leaf.ext

leaf() { # kind, key: a certificate for the key, with its chain
  openssl req -new -key "$2" -out leaf.csr -subj "/CN=localhost"
  openssl x509 -req -in leaf.csr -CA middle.crt -CAkey middle.key -out leaf.crt -days $days -extfile leaf.ext
  cat leaf.crt middle.crt > "$folder/$1.crt"
}

openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$folder/rsa.key"
openssl rsa -in "$folder/rsa.key" -traditional -out "$folder/rsa-pkcs1.key"
leaf rsa "$folder/rsa.key"

openssl ecparam -name prime256v1 -genkey -out "$folder/ec-sec1.key" # with the block EC PARAMETERS before it
openssl pkcs8 -topk8 -nocrypt -in "$folder/ec-sec1.key" -out "$folder/ec.key"
leaf ec "$folder/ec.key"

openssl genpkey -algorithm ED25519 -out "$folder/ed25519.key"
leaf ed25519 "$folder/ed25519.key"

openssl pkcs8 -topk8 -passout pass:secret -in "$folder/rsa.key" -out "$folder/rsa-encrypted.key"
openssl pkcs8 -topk8 -passout pass:secret -v1 PBE-SHA1-3DES -in "$folder/rsa.key" -out "$folder/rsa-encrypted-3des.key"
openssl pkcs8 -topk8 -passout pass:secret -scrypt -in "$folder/rsa.key" -out "$folder/rsa-encrypted-scrypt.key"
openssl rsa -in "$folder/rsa.key" -traditional -aes128 -passout pass:secret -out "$folder/rsa-encrypted-old.key"

# As some clients of certificates' authorities write it: all in one file.
cat "$folder/ec.key" "$folder/ec.crt" > "$folder/ec-all.pem"
