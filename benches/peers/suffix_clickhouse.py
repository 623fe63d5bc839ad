"""Requests for hosts that are a name of the policy or below one, and how many of these are refused, by ClickHouse.

Usage: suffix_clickhouse.py NAMES LOG. Lines are grouped by host first, and hosts matched by their suffixes.
"""

import sys

import chdb

# The time alone is padded with blanks, so fields are counted from the end.
QUERY = """
with requests as (
  select splitByChar(' ', line) as fields, fields[-4] as url, startsWith(fields[-7], 'TCP_DENIED') as is_denied
  from file('{log}', 'LineAsString')
), hosts as (
  select splitByChar(':', if(position(url, '://') > 0, splitByChar('/', url)[3], url))[1] as host,
    count() as requests, countIf(is_denied) as denied
  from requests group by host
), found as (
  select distinct host from (
    select host, splitByChar('.', host) as labels,
      arrayJoin(arrayMap(at -> arrayStringConcat(arraySlice(labels, at), '.'), range(1, length(labels) + 1))) as suffix
    from hosts
  ) where suffix in (select line from file('{names}', 'LineAsString'))
)
select sum(requests), sum(denied) from hosts where host in (select host from found)
"""

names, log = (word.replace("\\", "\\\\").replace("'", "\\'") for word in sys.argv[1:3])
print(*str(chdb.query(QUERY.format(names=names, log=log), "TabSeparated")).split())
