#!/bin/sh
# Installs agentgate for this user, without root. Nothing runs before the whole script has arrived.
#
#   curl -fsSL https://raw.githubusercontent.com/iamdainwi/AgentGate/main/install.sh | sh
#
#   AGENTGATE_VERSION    0.1.0 instead of the latest
#   AGENTGATE_BIN        where to: ~/.local/bin unless it is set
#   AGENTGATE_RELEASES   where from: a mirror
set -eu

fail() {
  echo "agentgate: $*" >&2
  exit 1
}

has() {
  command -v "$1" >/dev/null 2>&1
}

# fetch URL FILE
fetch() {
  if has curl; then
    case $1 in
      http://127.0.0.1:*) curl -fsSL -o "$2" "$1" ;;
      *) curl -fsSL --proto '=https' --tlsv1.2 --retry 3 -o "$2" "$1" ;;
    esac
  elif has wget; then
    wget -q -O "$2" "$1"
  else
    fail "this needs curl or wget"
  fi
}

# digest FILE
digest() {
  if has sha256sum; then
    sha256sum "$1" | cut -d ' ' -f 1
  elif has shasum; then
    shasum -a 256 "$1" | cut -d ' ' -f 1
  elif has openssl; then
    openssl dgst -sha256 -r "$1" | cut -d ' ' -f 1
  else
    fail "this needs sha256sum, shasum or openssl: what cannot be verified is not installed"
  fi
}

# The name of this machine's kind among the releases.
target() {
  case $(uname -s) in
    Linux)
      if (ldd --version 2>&1 || true) | grep -qi musl; then
        fail "there is no binary for musl (Alpine): use npm, or Docker"
      fi
      system=unknown-linux-gnu
      ;;
    Darwin) system=apple-darwin ;;
    *) fail "there is no binary for $(uname -s) here; on Windows use install.ps1" ;;
  esac
  case $(uname -m) in
    x86_64 | amd64)
      machine=x86_64
      # A shell that is translated on an Apple processor says x86_64.
      if [ "$(sysctl -n sysctl.proc_translated 2>/dev/null || echo 0)" = 1 ]; then machine=aarch64; fi
      ;;
    aarch64 | arm64) machine=aarch64 ;;
    *) fail "there is no binary for $(uname -m)" ;;
  esac
  echo "$machine-$system"
}

main() {
  releases=${AGENTGATE_RELEASES:-https://github.com/iamdainwi/AgentGate/releases}
  version=${AGENTGATE_VERSION:-latest}
  case $version in
    latest) from=$releases/latest/download ;;
    *) from=$releases/download/v${version#v} ;;
  esac
  bin=${AGENTGATE_BIN:-$HOME/.local/bin}
  machine_kind=$(target)
  archive=agentgate-$machine_kind.tar.gz
  scratch=$(mktemp -d)
  trap 'rm -rf "${scratch:?}"' EXIT
  trap 'exit 1' INT TERM HUP

  fetch "$from/SHA256SUMS" "$scratch/SHA256SUMS" ||
    fail "cannot fetch $from/SHA256SUMS: is there a version $version?"
  fetch "$from/$archive" "$scratch/$archive" || fail "cannot fetch $from/$archive"
  wanted=$(awk -v name="$archive" '$2 == name || $2 == "*" name { print $1 }' "$scratch/SHA256SUMS")
  [ -n "$wanted" ] || fail "$archive is not in SHA256SUMS; nothing was installed"
  [ "$(digest "$scratch/$archive")" = "$wanted" ] ||
    fail "$archive is not what SHA256SUMS says; nothing was installed"

  tar -xzf "$scratch/$archive" -C "$scratch" agentgate
  chmod 755 "$scratch/agentgate"
  "$scratch/agentgate" --version >/dev/null ||
    fail "the binary does not run here; nothing was installed"
  mkdir -p "$bin"
  # The old one stays until the new one is whole beside it.
  cp "$scratch/agentgate" "$bin/.agentgate.$$"
  mv -f "$bin/.agentgate.$$" "$bin/agentgate"
  echo "installed $("$bin/agentgate" --version) in $bin"
  case :$PATH: in
    *:"$bin":*) ;;
    *) echo "add it to your PATH: export PATH=\"$bin:\$PATH\"" ;;
  esac
}

main "$@"
