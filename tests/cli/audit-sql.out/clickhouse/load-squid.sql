-- Reads `access.log` of Squid's own format into the table `proxy_log`:
--   clickhouse-local --path logs --queries-file load-squid.sql
-- On a server `file` reads from its folder `user_files`, or take s3(…, LineAsString) in its place.
-- Lines that are no record, and those of no request, are counted in the answer and are in no table.

CREATE TABLE IF NOT EXISTS proxy_log (
  time DateTime64(3, 'UTC'), client String, host String, port UInt16, scheme LowCardinality(String),
  path Nullable(String), bytes UInt64, verdict LowCardinality(String), inspected Nullable(Bool)
) ENGINE = MergeTree PARTITION BY toDate(time) ORDER BY (host, port, scheme, time);

INSERT INTO proxy_log
SELECT fromUnixTimestamp64Milli(assumeNotNull(milliseconds)), client, host,
  multiIf(port_text != '', assumeNotNull(port_number), is_https, 443, scheme = 'http', 80, 21),
  if(is_https, 'https', scheme),
  if(has_scheme, substr(rest, length(user_and_place) + 1), NULL),
  assumeNotNull(bytes),
  multiIf(NOT (startsWith(result, 'TCP_DENIED') OR startsWith(result, 'UDP_DENIED')), 'passed',
    splitByChar('/', result, 2)[2] IN ('401', '407'), 'authentication', 'denied'),
  if(is_https, method != 'CONNECT', NULL)
FROM (
  SELECT splitByRegexp(' +', replaceRegexpOne(replaceRegexpOne(line, '//r$', ''), '^ +', '')) AS f,
    f[1] AS moment, f[3] AS client, f[4] AS result, f[6] AS method, f[7] AS url,
    if(match(moment, '^[0-9]{1,16}([.]([0-9]{0,2}|[0-9]{3}.*))?$'),
      toInt64OrNull(splitByChar('.', moment)[1]) * 1000
        + toInt64OrNull(rightPad(substr(splitByChar('.', moment)[2], 1, 3), 3, '0')), NULL) AS milliseconds,
    if(match(f[5], '^[0-9]+$'), accurateCastOrNull(f[5], 'UInt64'), NULL) AS bytes,
    match(url, '^[0-9A-Za-z]*://') AS has_scheme,
    if(has_scheme, lower(substr(url, 1, position(url, '://') - 1)), '') AS scheme,
    NOT has_scheme OR scheme = 'https' AS is_https,
    if(has_scheme, substr(url, position(url, '://') + 3), url) AS rest,
    splitByChar('/', splitByChar('?', splitByChar('#', rest)[1])[1])[1] AS user_and_place,
    splitByChar('@', user_and_place)[-1] AS place,
    countSubstrings(place, ':') = 1 AS has_port,
    multiIf(NOT startsWith(place, '['), if(has_port, splitByChar(':', place)[1], place),
      position(place, ']') > 0, substr(place, 2, position(place, ']') - 2), '') AS host,
    multiIf(NOT startsWith(place, '['), if(has_port, splitByChar(':', place)[2], ''),
      substr(place, position(place, ']') + 1, 1) = ':', substr(place, position(place, ']') + 2), '') AS port_text,
    if(match(port_text, '^[0-9]+$'), accurateCastOrNull(port_text, 'UInt16'), NULL) AS port_number
  FROM file('access.log*', LineAsString)
) AS records
WHERE length(f) >= 7 AND NOT startsWith(url, 'error:') AND milliseconds IS NOT NULL AND bytes IS NOT NULL
  AND host != '' AND (port_text = '' OR port_number IS NOT NULL);

-- lines: The lines of the files, and all requests of the table.
SELECT (SELECT count() FROM file('access.log*', LineAsString)) AS lines, (SELECT count() FROM proxy_log) AS requests;
