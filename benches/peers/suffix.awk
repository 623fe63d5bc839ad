# Requests for hosts that are a name of the policy or below one, and how many of these are refused.
# Usage: awk -v policy=NAMES -f suffix.awk LOG
BEGIN { while ((getline name < policy) > 0) names[name] = 1 }
{
  host = $7
  if (index(host, "://")) { split(host, parts, "/"); host = parts[3] }
  sub(/:[0-9]*$/, "", host)
  # Every suffix, by the dots.
  rest = host
  while (!(rest in names)) {
    dot = index(rest, ".")
    if (dot == 0) next
    rest = substr(rest, dot + 1)
  }
  hits++
  if (index($4, "TCP_DENIED") == 1) denied++
}
END { print hits + 0, denied + 0 }
