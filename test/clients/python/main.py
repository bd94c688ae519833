"""Writes, reads and watches with Debian's python3-etcd3. The files are read once, when the client is made."""

import os
import time
from urllib.parse import urlparse

import etcd3

KEY = "/clients/python"
files = os.environ["CERTIFICATES"]
endpoint = urlparse(os.environ["ENDPOINT"])
client = etcd3.client(
    host=endpoint.hostname,
    port=endpoint.port,
    ca_cert=f"{files}/ca.crt",
    cert_cert=f"{files}/tls.crt",
    cert_key=f"{files}/tls.key",
    timeout=5,
)
print("version python3-etcd3", etcd3.__version__)


def told(answer):
    for event in getattr(answer, "events", []):
        print("watched", event.value.decode())


client.add_watch_callback(KEY, told)
n = 0
while True:
    n += 1
    try:
        client.put(KEY, str(n))
        value, _ = client.get(KEY)
        print(f"wrote {n}" if value == str(n).encode() else f"error: read {value}, not {n}")
    except Exception as err:  # an application goes on, whatever it is
        print("error:", type(err).__name__, str(err).split("\n")[0])
    time.sleep(1)
