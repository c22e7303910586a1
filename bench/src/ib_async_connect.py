import json, sys, time
from ib_async import IB
host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
times = []
for _ in range(count):
    ib = IB()
    began = time.perf_counter()
    ib.connect(host, port, clientId=7, timeout=10)
    times.append((time.perf_counter() - began) * 1e3)
    ib.disconnect()
print(json.dumps(times))
