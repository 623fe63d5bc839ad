-- thruway 0.1.0, profile small
-- list.csv b72dc5c580c8214754776b94be3cbab6903ae6fa4848e2dff1168d995cb0e561
-- This file is generated: edit the profile and write it again.
--
-- Run it: clickhouse-client --queries-file audit.sql
-- Clients are estimated by `uniq`. The tables are temporary: nothing is left on the server.

-- The rules, by number.
CREATE TEMPORARY TABLE thruway_rules (rule UInt32, pattern String, is_required UInt8, is_wild UInt8);
INSERT INTO thruway_rules VALUES
(0, 'a.example.com', 1, 0),
(1, 'http://crl.example.com/it/'s/*', 1, 0),
(2, '*.b.example.com', 1, 1),
(3, 'pre-*.c.example.com', 0, 1),
(4, '203.0.113.0/25', 0, 1);

-- The policy: a row for each key and range of ports of a rule.
CREATE TEMPORARY TABLE thruway_policy (rule UInt32, key String, place String, ends String, expression String, scheme String, low UInt16, high UInt16, path String, is_prefix UInt8);
INSERT INTO thruway_policy VALUES
(0, 'a.example.com', 'self', '', '', 'https', 443, 443, '', 1),
(1, 'crl.example.com', 'self', '', '', 'http', 80, 80, '/it/'s/', 1),
(2, 'b.example.com', 'below', '', '', 'https', 443, 443, '', 1),
(3, 'c.example.com', 'below', '', '^pre-[^.]+[.]c[.]example[.]com$', 'https', 443, 443, '', 1),
(4, '/4/cb00710', 'either', '', '', 'https', 443, 443, '', 1),
(4, '/4/cb00711', 'either', '', '', 'https', 443, 443, '', 1),
(4, '/4/cb00712', 'either', '', '', 'https', 443, 443, '', 1),
(4, '/4/cb00713', 'either', '', '', 'https', 443, 443, '', 1),
(4, '/4/cb00714', 'either', '', '', 'https', 443, 443, '', 1),
(4, '/4/cb00715', 'either', '', '', 'https', 443, 443, '', 1),
(4, '/4/cb00716', 'either', '', '', 'https', 443, 443, '', 1),
(4, '/4/cb00717', 'either', '', '', 'https', 443, 443, '', 1);

-- What was asked, requests that are alike as one row.
CREATE TEMPORARY TABLE thruway_seen AS
SELECT asked_host, asked_port, asked_scheme, asked_path,
  uniqState(nullIf(asked_client, '')) AS clients,
  count(*) AS requests, sum(asked_bytes) AS bytes,
  sum(CASE WHEN asked_verdict = 'denied' THEN 1 ELSE 0 END) AS denied,
  sum(CASE WHEN asked_verdict = 'authentication' THEN 1 ELSE 0 END) AS authentication,
  sum(asked_inspected) AS inspected,
  min(asked_time) AS first_seen, max(asked_time) AS last_seen
FROM (
  SELECT ifNull(toString(`host`), '') AS asked_host,
    ifNull(accurateCastOrNull(`port`, 'UInt64'), 0) AS asked_port,
    CASE WHEN lower(ifNull(toString(`scheme`), '')) = 'https' THEN 'https' ELSE 'http' END AS asked_scheme,
    CASE
      WHEN CASE WHEN lower(ifNull(toString(`scheme`), '')) = 'https' THEN 'https' ELSE 'http' END = 'https' THEN ''
      WHEN `path` IS NULL THEN ''
      WHEN cutQueryStringAndFragment(ifNull(toString(`path`), '')) = '' THEN '/'
      WHEN NOT isValidUTF8(cutQueryStringAndFragment(ifNull(toString(`path`), ''))) THEN '!'
      ELSE substr(cutQueryStringAndFragment(ifNull(toString(`path`), '')), 1, 7) END AS asked_path,
    ifNull(toString(`client`), '') AS asked_client,
    ifNull(accurateCastOrNull(`bytes`, 'UInt64'), 0) AS asked_bytes,
    ifNull(toString(`verdict`), '') AS asked_verdict,
    CASE WHEN `inspected` THEN 1 ELSE 0 END AS asked_inspected,
    `time` AS asked_time
  FROM `proxy_log`
) AS asked
GROUP BY asked_host, asked_port, asked_scheme, asked_path;

-- Every host once, and whether it is a name, an address or neither.
CREATE TEMPORARY TABLE thruway_hosts AS
SELECT asked_host,
  CASE
    WHEN digits <> '' THEN 'address'
    WHEN match(cut, '^(?s:[A-Za-z0-9_.-]+)$') AND NOT match(cut, '^(?s:([.].*|.*[.]|.*[.][.].*|.*[^.]{64}.*))$') AND NOT match(text, '^(?s:(.*[.])?([0-9]+|0x[0-9a-f]*|-+))$') AND length(cut) <= 253 THEN 'name'
    WHEN NOT match(cut, '^(?s:[//x00-//x7f]*)$') AND isValidUTF8(cut) THEN 'unread'
    ELSE 'none' END AS kind,
  CASE WHEN match(text, '^(?s:(.*[.])?xn--[a-z0-9_.-]*)$') THEN 1 ELSE 0 END AS is_unchecked,
  text AS name, digits
FROM (
  SELECT asked_host, text, cut,
    CASE
      WHEN match(text, '^(?s:(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])([.](25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])){3})$') THEN '4/' || lower(hex(toUInt8OrZero(splitByChar('.', text)[1]))) || lower(hex(toUInt8OrZero(splitByChar('.', text)[2]))) || lower(hex(toUInt8OrZero(splitByChar('.', text)[3]))) || lower(hex(toUInt8OrZero(splitByChar('.', text)[4])))
      WHEN match(six, '^(?s:[0-9a-f]{1,4}(:[0-9a-f]{1,4}){7})$') THEN '6/' || CASE WHEN six = '' THEN '' ELSE replaceRegexpAll(replace(':' || six, ':', ':000'), ':0{0,3}([0-9a-f]{4})', '//1') END
      WHEN match(six, '^(?s:([0-9a-f]{1,4}(:[0-9a-f]{1,4})*)?::([0-9a-f]{1,4}(:[0-9a-f]{1,4})*)?)$') AND left_groups + right_groups <= 7
        THEN '6/' || CASE WHEN left_part = '' THEN '' ELSE replaceRegexpAll(replace(':' || left_part, ':', ':000'), ':0{0,3}([0-9a-f]{4})', '//1') END || repeat('0000', 8 - left_groups - right_groups) || CASE WHEN right_part = '' THEN '' ELSE replaceRegexpAll(replace(':' || right_part, ':', ':000'), ':0{0,3}([0-9a-f]{4})', '//1') END
      ELSE '' END AS digits
  FROM (
    SELECT asked_host, text, cut, six, left_part, right_part,
      CASE WHEN left_part = '' THEN 0 ELSE length(left_part) - length(replace(left_part, ':', '')) + 1 END AS left_groups, CASE WHEN right_part = '' THEN 0 ELSE length(right_part) - length(replace(right_part, ':', '')) + 1 END AS right_groups
    FROM (
      SELECT asked_host, text, cut, six,
        CASE WHEN position(six, '::') > 0 THEN substr(six, 1, position(six, '::') - 1) ELSE '' END AS left_part,
        CASE WHEN position(six, '::') > 0 THEN substr(six, position(six, '::') + 2) ELSE '' END AS right_part
      FROM (
        SELECT asked_host, text, cut,
          CASE WHEN match(tail, '^(?s:(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])([.](25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])){3})$')
            THEN substr(colons, 1, length(colons) - length(tail)) || lower(hex(toUInt8OrZero(splitByChar('.', tail)[1]))) || lower(hex(toUInt8OrZero(splitByChar('.', tail)[2]))) || ':' || lower(hex(toUInt8OrZero(splitByChar('.', tail)[3]))) || lower(hex(toUInt8OrZero(splitByChar('.', tail)[4])))
            ELSE colons END AS six
        FROM (
          SELECT asked_host, text, cut, colons, extract(colons, ':([0-9]+[.][0-9.]*)$') AS tail
          FROM (
            SELECT asked_host, cut, lower(cut) AS text,
              CASE WHEN match(cut, '^(?s:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)$') THEN lower(cut) ELSE '' END AS colons
            FROM (
              SELECT asked_host, CASE WHEN endsWith(bare, '.') THEN substr(bare, 1, length(bare) - 1) ELSE bare END AS cut
              FROM (
                SELECT asked_host,
                  CASE WHEN startsWith(asked_host, '[') AND endsWith(asked_host, ']') THEN substr(asked_host, 2, length(asked_host) - 2)
                    ELSE asked_host END AS bare
                FROM (SELECT DISTINCT asked_host FROM thruway_seen) AS hosts_0
              ) AS hosts_1
            ) AS hosts_2
          ) AS hosts_3
        ) AS hosts_4
      ) AS hosts_5
    ) AS hosts_6
  ) AS hosts_7
) AS hosts_8;

-- Names under the whole labels that they end in, addresses under the digits that they begin with.
CREATE TEMPORARY TABLE thruway_keys AS
SELECT asked_host, name, kind, arrayStringConcat(arraySlice(labels, n), '.') AS key,
  if(n = 1, 'self', 'below') AS place
FROM (
  SELECT asked_host, name, kind, splitByChar('.', name) AS labels FROM thruway_hosts WHERE kind = 'name'
) AS names
ARRAY JOIN range(1, length(labels) + 2) AS n
UNION ALL
SELECT asked_host, name, kind, '/' || substr(digits, 1, n) AS key,
  if(n = length(digits), 'self', 'below') AS place
FROM (SELECT asked_host, name, kind, digits FROM thruway_hosts WHERE kind = 'address') AS addresses
ARRAY JOIN range(2, length(digits) + 1) AS n;

-- The rules that are about a host, whatever is asked of it.
CREATE TEMPORARY TABLE thruway_near AS
SELECT own.asked_host AS asked_host, own.name AS name, own.kind AS kind, rule, scheme, low, high, path, is_prefix
FROM thruway_keys AS own INNER JOIN thruway_policy AS policy ON own.key = policy.key
WHERE (policy.place = own.place OR policy.place = 'either')
  AND (policy.ends = '' OR endsWith(own.name, policy.ends)) AND (policy.expression = '' OR match(own.name, policy.expression));

-- The rules that a request is of: host, port, scheme and path.
CREATE TEMPORARY TABLE thruway_matched AS
SELECT asked.asked_host AS asked_host, asked_port, asked_scheme, asked_path, rule, name, kind
FROM (SELECT DISTINCT asked_host, asked_port, asked_scheme, asked_path FROM thruway_seen) AS asked
INNER JOIN thruway_near AS near ON asked.asked_host = near.asked_host
WHERE asked_port BETWEEN low AND high
  AND (scheme = 'any' OR scheme = asked_scheme)
  AND (path = '' OR asked_path = ''
    OR (startsWith(asked_path, path) AND (is_prefix = 1 OR asked_path = path OR startsWith(asked_path, path || '/'))));

-- endpoints: Every rule that was used: how often, by how many clients, what became of it, and when.
SELECT rules.rule AS rule, rules.pattern AS pattern, requests, bytes, clients, denied, authentication,
  inspected, first_seen, last_seen
FROM (
  SELECT rule, sum(seen.requests) AS requests, sum(seen.bytes) AS bytes, uniqMerge(seen.clients) AS clients, sum(seen.denied) AS denied,
    sum(seen.authentication) AS authentication, sum(seen.inspected) AS inspected,
    min(seen.first_seen) AS first_seen, max(seen.last_seen) AS last_seen
  FROM thruway_seen AS seen INNER JOIN thruway_matched AS own ON own.asked_host = seen.asked_host AND own.asked_port = seen.asked_port
  AND own.asked_scheme = seen.asked_scheme AND own.asked_path = seen.asked_path
  GROUP BY rule
) AS used
INNER JOIN thruway_rules AS rules ON used.rule = rules.rule
ORDER BY requests DESC, rule;

-- totals: All requests, those without a host, of a host that is not ASCII, of a name whose `xn--` was not checked, and of no rule.
SELECT sum(seen.requests) AS requests,
  sum(CASE WHEN kind = 'none' THEN seen.requests ELSE 0 END) AS no_host,
  sum(CASE WHEN kind = 'unread' THEN seen.requests ELSE 0 END) AS unread,
  sum(CASE WHEN kind = 'name' AND is_unchecked = 1 THEN seen.requests ELSE 0 END) AS unchecked,
  sum(CASE WHEN kind IN ('name', 'address') AND coalesce(is_matched, 0) = 0 THEN seen.requests ELSE 0 END) AS others,
  min(seen.first_seen) AS first_seen, max(seen.last_seen) AS last_seen
FROM thruway_seen AS seen
INNER JOIN thruway_hosts AS hosts ON seen.asked_host = hosts.asked_host
LEFT JOIN (
  SELECT DISTINCT asked_host, asked_port, asked_scheme, asked_path, 1 AS is_matched FROM thruway_matched
) AS own ON own.asked_host = seen.asked_host AND own.asked_port = seen.asked_port
  AND own.asked_scheme = seen.asked_scheme AND own.asked_path = seen.asked_path;

-- wildcards: The hosts behind rules of many hosts, the most frequent of each.
SELECT rule, pattern, name, requests, denied
FROM (
  SELECT own.rule AS rule, pattern, name, sum(seen.requests) AS requests, sum(seen.denied) AS denied,
    row_number() OVER (PARTITION BY own.rule ORDER BY sum(seen.requests) DESC, name) AS place
  FROM thruway_seen AS seen INNER JOIN thruway_matched AS own ON own.asked_host = seen.asked_host AND own.asked_port = seen.asked_port
  AND own.asked_scheme = seen.asked_scheme AND own.asked_path = seen.asked_path
  INNER JOIN thruway_rules AS rules ON own.rule = rules.rule
  WHERE kind = 'name' AND is_wild = 1
  GROUP BY own.rule, pattern, name
) AS hosts
WHERE place <= 256
ORDER BY rule, requests DESC, name;

-- required: What is required and was never asked for.
SELECT rules.rule AS rule, rules.pattern AS pattern
FROM thruway_rules AS rules
LEFT JOIN (SELECT DISTINCT rule, 1 AS is_used FROM thruway_matched) AS own ON rules.rule = own.rule
WHERE is_required = 1 AND coalesce(is_used, 0) = 0
ORDER BY rule;

-- near: Hosts of the policy that were asked by another port, scheme or path than it says.
SELECT name, kind, sum(seen.requests) AS requests, sum(seen.denied) AS denied
FROM thruway_seen AS seen
INNER JOIN (SELECT DISTINCT asked_host, name, kind FROM thruway_near) AS near ON seen.asked_host = near.asked_host
LEFT JOIN (
  SELECT DISTINCT asked_host, asked_port, asked_scheme, asked_path, 1 AS is_matched FROM thruway_matched
) AS own ON own.asked_host = seen.asked_host AND own.asked_port = seen.asked_port
  AND own.asked_scheme = seen.asked_scheme AND own.asked_path = seen.asked_path
WHERE coalesce(is_matched, 0) = 0
GROUP BY name, kind
ORDER BY requests DESC, name
LIMIT 1024;

-- unread: Hosts that are not ASCII, and names whose `xn--` was not checked: `thruway match` says what they are.
SELECT name, kind, sum(seen.requests) AS requests
FROM thruway_seen AS seen INNER JOIN thruway_hosts AS hosts ON seen.asked_host = hosts.asked_host
WHERE kind = 'unread' OR (kind = 'name' AND is_unchecked = 1)
GROUP BY name, kind
ORDER BY requests DESC, name
LIMIT 1024;
