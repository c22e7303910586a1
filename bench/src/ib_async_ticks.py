import json, sys, time
from ib_async import IB, Stock
host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
ib = IB()
ib.connect(host, port, clientId=7, timeout=10)
seen = 0
began = time.perf_counter()
def more(tickers):
    global seen
    for ticker in tickers:
        seen += len(ticker.ticks)
ib.pendingTickersEvent += more
ib.reqMktData(Stock("AAPL", "SMART", "USD", conId=265598))
while seen < count and time.perf_counter() - began < 120:
    ib.sleep(0.001)
print(json.dumps(seen / (time.perf_counter() - began)))
