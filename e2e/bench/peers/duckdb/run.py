"""P, or sessions by event time after P (S), in DuckDB, a batch engine: run.py P|S IN OUT, on one thread."""
import sys

import duckdb

which, events, out = sys.argv[1:4]
db = duckdb.connect()
db.execute("SET threads = 1")
db.execute("SET preserve_insertion_order = false")
columns = """{
  subject: 'VARCHAR', time: 'TIMESTAMP',
  data: 'STRUCT(page STRUCT(path VARCHAR, title VARCHAR, referrer VARCHAR), product STRUCT(sku VARCHAR, price DOUBLE), client STRUCT(ip VARCHAR))'
}"""
db.execute(f"""
CREATE TEMP TABLE p AS SELECT
  sha256(subject) AS subject,
  regexp_replace(data.client.ip, '[0-9]+$', '0') AS ip,
  split_part(data.page.path, '/', 2) AS section,
  data.product.price * 3 AS total,
  data.page.path AS path, data.page.title AS title, data.page.referrer AS referrer, data.product.sku AS sku,
  time
FROM read_json('{events}', format = 'newline_delimited', columns = {columns})
WHERE data.product.price < 174
""")
db.execute(f"COPY (SELECT * EXCLUDE (time) FROM p) TO '{out}' (FORMAT json)")
if which == "S":
    db.execute(f"""
COPY (
  SELECT subject, epoch_ms(min(time)) AS "session.start", epoch_ms(max(time)) AS "session.end", count(*) AS "session.events", arg_min(path, time) AS entry
  FROM (
    SELECT *, sum(new) OVER (PARTITION BY subject ORDER BY time ROWS UNBOUNDED PRECEDING) AS session
    FROM (
      SELECT *, CASE WHEN time - lag(time) OVER (PARTITION BY subject ORDER BY time) <= INTERVAL 30 MINUTE THEN 0 ELSE 1 END AS new FROM p
    )
  )
  GROUP BY subject, session
) TO '{out}.sessions' (FORMAT json)
""")
