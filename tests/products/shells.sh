#!/bin/bash
# Usage: shells.sh THRUWAY
# Lets bash complete by our script, zsh read its own, and groff format every manual page without a warning.
# Exit 0: all of it. 1: something is wrong, which is printed. 2: could not run.
set -u
thruway=$1
for tool in zsh groff; do
  command -v $tool >/dev/null || { echo "shells: $tool is not installed (Debian: zsh, groff-base)" >&2; exit 2; }
done
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
failed=0
wrong() { echo "shells: $*" >&2; failed=1; }

completed() { # words; the last one is completed
  (
    # shellcheck disable=SC1090
    source <("$thruway" completions bash) || exit 1
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
    _thruway thruway "${COMP_WORDS[$COMP_CWORD]}" "${COMP_WORDS[$((COMP_CWORD - 1))]}"
    echo "${COMPREPLY[*]}"
  )
}
got=$(completed thruway comp)
[ "$got" = "compile completions" ] || wrong "bash completes \`thruway comp\` with \`$got\`"
got=$(completed thruway compile --target s)
[ "$got" = "squid" ] || wrong "bash completes \`thruway compile --target s\` with \`$got\`"

"$thruway" completions zsh >"$work/_thruway" && zsh -n "$work/_thruway" || wrong "zsh does not read its script"
for shell in fish elvish powershell; do
  [ -n "$("$thruway" completions $shell)" ] || wrong "no completions for $shell"
done

for command in "" init compile prove audit audit-config show lint explain match targets completions man; do
  # shellcheck disable=SC2086
  "$thruway" man $command >"$work/page" || wrong "no page of \`$command\`"
  messages=$(groff -man -ww -z -Tutf8 "$work/page" 2>&1)
  [ -z "$messages" ] || wrong "groff says of the page of \`$command\`: $messages"
done
exit $failed
