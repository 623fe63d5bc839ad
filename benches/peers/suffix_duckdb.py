"""Requests for hosts that are a name of the policy or below one, and how many of these are refused, by DuckDB.

Usage: suffix_duckdb.py NAMES LOG. Lines are grouped by host first, and hosts matched by their suffixes.
"""

import sys

import duckdb

# The time alone is padded with blanks, so fields are counted from the end.
QUERY = """
with lines as (
  select string_split(line, ' ') as fields
  from read_csv(?, columns = {'line': 'VARCHAR'}, header = false, auto_detect = false, delim = '\x01', quote = '', escape = '')
), requests as (
  select fields[-4] as url, starts_with(fields[-7], 'TCP_DENIED') as is_denied from lines
), hosts as (
  select split_part(case when contains(url, '://') then split_part(url, '/', 3) else url end, ':', 1) as host,
    count(*) as requests, count(*) filter (where is_denied) as denied
  from requests group by host
), suffixes as (
  select host, unnest(list_transform(range(1, len(labels) + 1), lambda first: array_to_string(labels[first:], '.'))) as suffix
  from (select host, string_split(host, '.') as labels from hosts)
)
select coalesce(sum(requests), 0)::bigint, coalesce(sum(denied), 0)::bigint from hosts
where host in (select host from suffixes
  where suffix in (select name from read_csv(?, columns = {'name': 'VARCHAR'}, header = false, auto_detect = false)))
"""

print(*duckdb.execute(QUERY, [sys.argv[2], sys.argv[1]]).fetchone())
