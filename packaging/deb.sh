#!/bin/sh
# Builds the Debian package: the program, its manual pages, and what `[package.metadata.deb]` in Cargo.toml names.
# Needs cargo-deb: `cargo install --locked cargo-deb`. PROFILE=release builds faster, for a larger program.
set -eu
cd "$(dirname "$0")/.."
profile=${PROFILE:-dist}
cargo build --locked --profile "$profile"
program=target/$profile/thruway
rm -rf target/man
mkdir -p target/man
"$program" man >target/man/thruway.1
for command in $("$program" man --help | sed -n 's/.*possible values: \(.*\)\].*/\1/p' | tr -d ','); do
  "$program" man "$command" >"target/man/thruway-$command.1"
done
cargo deb --no-build --profile "$profile"
