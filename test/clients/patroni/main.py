"""Writes, reads and watches as Patroni does, over etcd's HTTP gateway, with the settings that docs/clients.md has."""

import json
import os
import time
from urllib.parse import urlparse

from patroni.dcs import get_dcs
from patroni.version import __version__

files = os.environ["CERTIFICATES"]
gateway = urlparse(os.environ["GATEWAY"])
dcs = get_dcs(
    {
        "scope": "clients",
        "name": "one",
        "namespace": "/service/",
        "ttl": 30,
        "loop_wait": 10,
        "retry_timeout": 10,
        "etcd3": {
            "hosts": [f"{gateway.hostname}:{gateway.port}"],
            "protocol": "https",
            "use_proxies": True,
            "cacert": f"{files}/ca.crt",
            "cert": f"{files}/tls.crt",
            "key": f"{files}/tls.key",
        },
    }
)
print("version Patroni", __version__)
n, seen = 0, None
while True:
    n += 1
    try:
        dcs.set_config_value(json.dumps({"n": n}))
        deadline = time.time() + 5
        while time.time() < deadline:
            config = dcs.get_cluster().config  # from the copy that the watch keeps
            if config and config.data.get("n") == n:
                print("watched", n)
                print("wrote", n)
                break
            time.sleep(0.1)
        else:
            print("error: the copy that the watch keeps lacks", n)
    except Exception as err:  # an application goes on, whatever it is
        print("error:", type(err).__name__, str(err).split("\n")[0])
    time.sleep(1)
