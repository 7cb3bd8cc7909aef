"""A real S3-compatible server for tests: moto. Prints a line once it listens."""

import sys
import time

from moto.server import ThreadedMotoServer

server = ThreadedMotoServer(ip_address="127.0.0.1", port=int(sys.argv[1]), verbose=False)
server.start()
print("listens", flush=True)
while True:
    time.sleep(3600)
