#!/bin/sh
# Writes tickets of every kind into a folder: of a whole policy, of a change, of hostile cells and of a large change, in
# both languages.
#
# Usage: tickets.sh THRUWAY OLD HOSTILE_PROFILE LARGE_PROFILE FOLDER
# The large one has no page: nobody reads thousands of rows.
set -eu
thruway=$1 old=$2 hostile=$3 large=$4 folder=$5
mkdir -p "$folder"
printf 'version: 1\nname: contoso\nsources: [builtin: mde-commercial]\nselect: { geographies: [EU] }\nticket: { jira: { project: NET } }\n' > "$folder/eu.yaml"
# As they are, and with the project that Jira asks for.
for profile in "$hostile" "$large"; do
  cp -r "$(dirname "$profile")" "$folder/$(basename "$(dirname "$profile")")-case"
  printf '\nticket: { jira: { project: NET } }\n' >> "$folder/$(basename "$(dirname "$profile")")-case/$(basename "$profile")"
done
hostile="$folder/$(basename "$(dirname "$hostile")")-case/$(basename "$hostile")"
large="$folder/$(basename "$(dirname "$large")")-case/$(basename "$large")"
for lang in en ja; do
  for format in html jira servicenow; do
    write() { name=$1; shift; "$thruway" ticket "$@" --lang $lang --format $format --today 2026-11-24 --quiet --out "$folder/$name.$lang.$format"; }
    write whole --profile "$folder/eu.yaml"
    write change --from "$old" --profile "$folder/eu.yaml"
    write hostile --profile "$hostile"
    # Every line of a large list is removed and other ones come, and the other way round.
    if [ $format != html ]; then
      write large --from builtin:mma --profile "$large"
    fi
  done
done
