"""The lower bound: kafka-python polled, and what came out put into ClickHouse as it is. Nothing is looked at."""

import gc
import os

import clickhouse_connect
from kafka import KafkaConsumer

ROWS = 10_000
consumer = KafkaConsumer(
    os.environ["BENCH_TOPIC"],
    bootstrap_servers=os.environ["BENCH_BOOTSTRAP"],
    group_id=os.environ["BENCH_GROUP"],
    enable_auto_commit=False,
    auto_offset_reset="earliest",
    session_timeout_ms=6_000,
)
client = clickhouse_connect.get_client(
    host="127.0.0.1",
    port=int(os.environ["BENCH_PORT"]),
    username=os.environ["BENCH_USER"],
    password=os.environ["BENCH_PASSWORD"],
    settings={"input_format_skip_unknown_fields": 1},
)
gc.freeze()
rows: list[bytes] = []
while True:
    polled = consumer.poll(timeout_ms=100, max_records=2_000)
    for records in polled.values():
        rows += [record.value for record in records]
    if len(rows) >= ROWS or (rows and not polled):
        client.raw_insert("pulse_ballots.answers", insert_block=b"\n".join(rows), fmt="JSONEachRow")
        rows.clear()
        consumer.commit()
