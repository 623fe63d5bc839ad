#!/bin/sh
# Writes what changed between a list and the built-in one into a folder: report/index.html and changes.json.
#
# Usage: changes.sh THRUWAY OLD FOLDER
set -eu
thruway=$1 old=$2 folder=$3
mkdir -p "$folder/report"
"$thruway" diff "$old" builtin:mde-commercial --geography EU --format html > "$folder/report/index.html"
"$thruway" diff "$old" builtin:mde-commercial --geography EU --format json > "$folder/changes.json"
